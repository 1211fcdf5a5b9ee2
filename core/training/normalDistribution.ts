const SERIES_LIMIT = 3;
const FRACTION_TERMS = 80;
const WIDEST = 40;

/** P(Z > x) for x >= 0. */
function upperTail(x: number): number {
  const density = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  if (x < SERIES_LIMIT) {
    let term = x;
    let sum = x;
    for (let odd = 3; term > sum * 1e-17; odd += 2) {
      term *= (x * x) / odd;
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = x;
  for (let index = FRACTION_TERMS; index > 0; index--) {
    fraction = x + index / fraction;
  }
  return density / fraction;
}

/**
 * The standard normal distribution function, to about 1e-15, in the lower tail relative to itself: the series of odd powers near 0
 * (G. Marsaglia: Evaluating the normal distribution, 2004), Laplace's continued fraction beyond.
 */
export function normalProbability(x: number): number {
  return x < 0 ? upperTail(-x) : 1 - upperTail(x);
}

/** The value that a standard normal variable stays below with probability `probability`; infinite at 0 and 1. */
export function normalQuantile(probability: number): number {
  if (probability > 0.5) {
    return -normalQuantile(1 - probability);
  }
  if (probability <= 0) {
    return Number.NEGATIVE_INFINITY;
  }
  let low = -WIDEST;
  let high = 0;
  for (let middle = low / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (normalProbability(middle) < probability) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return high;
}
