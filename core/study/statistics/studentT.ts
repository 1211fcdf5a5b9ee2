import { RlvrError } from '../../errors.ts';
import { normalProbability, normalQuantile } from '../../training/normalDistribution.ts';
import { gammaRatio } from './gammaRatio.ts';

const TINY = 1e-300;
const MOST_TERMS = 100_000;
/** From here on t and normal quantiles are the same to 1e-15. */
const NORMAL_FREEDOM = 1e16;

/** The continued fraction of the incomplete beta function (Didonato and Morris 1992, equation 9 in the form of Lentz). */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m < MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFromZero(1 + even * d);
    c = awayFromZero(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + odd * d);
    c = awayFromZero(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return value;
}

function awayFromZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/** P(T > t) for t >= 0: half the incomplete beta function I_x(f / 2, 1 / 2) at x = f / (f + t^2). */
function upperTail(t: number, freedom: number): number {
  if (t === Number.POSITIVE_INFINITY) return 0;
  if (freedom >= NORMAL_FREEDOM) return normalProbability(-t);
  const a = freedom / 2;
  const square = (t * t) / freedom;
  const scale = gammaRatio(a) / Math.sqrt(Math.PI);
  if (!Number.isFinite(square)) return (0.5 * scale * Math.exp(a * (Math.log(freedom) - 2 * Math.log(t)))) / a;
  // x^a (1 - x)^(1/2) / B(a, 1/2), in logarithms of 1 + t^2 / f, which keep their digits where x is close to 1.
  const front = scale * Math.exp(-a * Math.log1p(square)) * Math.sqrt(square / (1 + square));
  const x = 1 / (1 + square);
  return x < (a + 1) / (a + 2.5)
    ? (0.5 * front * betaFraction(x, a, 0.5)) / a
    : 0.5 - front * betaFraction(square / (1 + square), 0.5, a);
}

/**
 * The distribution function of Student's t, to about 1e-13, in the lower tail relative to itself. Degrees of freedom need not be whole.
 *
 * @throws RlvrError `config/invalid` unless the degrees of freedom are above 0.
 */
export function studentProbability(t: number, freedom: number): number {
  checkFreedom(freedom);
  return t < 0 ? upperTail(-t, freedom) : 1 - upperTail(t, freedom);
}

/**
 * The value that Student's t stays below with probability `probability`; infinite at 0 and 1. By bisection of the distribution function,
 * to about 1e-12 of itself.
 *
 * @throws RlvrError `config/invalid` unless the degrees of freedom are above 0 and 0 <= probability <= 1.
 */
export function studentQuantile(probability: number, freedom: number): number {
  checkFreedom(freedom);
  if (!(probability >= 0 && probability <= 1)) {
    throw new RlvrError('config/invalid', `A probability must be from 0 to 1, not ${probability}.`, { probability });
  }
  if (probability < 0.5) return -upperQuantile(probability, freedom);
  return upperQuantile(1 - probability, freedom);
}

/** The t that is exceeded with probability `tail` <= 1/2. */
function upperQuantile(tail: number, freedom: number): number {
  if (tail === 0) return Number.POSITIVE_INFINITY;
  if (tail === 0.5) return 0;
  // A t has heavier tails than a normal variable.
  let low = Math.max(0, -normalQuantile(tail) * (1 - 1e-12));
  let high = Math.max(1, 2 * low);
  while (upperTail(high, freedom) > tail && Number.isFinite(high)) {
    low = high;
    high *= 2;
  }
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (upperTail(middle, freedom) > tail) low = middle;
    else high = middle;
  }
  return high;
}

function checkFreedom(freedom: number): void {
  if (!(freedom > 0)) {
    throw new RlvrError('config/invalid', `Student's t needs degrees of freedom above 0, not ${freedom}.`, { freedom });
  }
}
