/** The places, in a `Space`, of one secular equation 1 + sum z_j² / (d_j² - w²) = 0, whose roots w are singular values. */
export interface SecularPlaces {
  readonly count: number;
  /** d_0 = 0 < d_1 < d_2 ... */
  readonly poles: number;
  readonly weights: number;
  /** z as the computed roots have it exactly (`weightOfRoots`). */
  readonly exactWeights: number;
  /** Root i lies between pole i and the next one. */
  readonly roots: number;
  /** Root i as a pole and the distance from it: both of them together have the digits that small differences need. */
  readonly origins: number;
  readonly shifts: number;
}

const MOST_STEPS = 100;
const SETTLED = 8 * Number.EPSILON;

function quadraticRoot(a: number, b: number, c: number): number {
  const root = Math.sqrt(Math.abs(a * a - 4 * b * c));
  return a <= 0 ? (a - root) / (2 * c) : (2 * b) / (a + root);
}

/** Evaluates the sums of an equation, seen from one of its poles: w² = pole² + tau. */
interface Evaluation {
  below: number;
  belowSlope: number;
  above: number;
  aboveSlope: number;
}

const evaluation: Evaluation = { below: 0, belowSlope: 0, above: 0, aboveSlope: 0 };

function evaluate(values: Float64Array, places: SecularPlaces, last: number, origin: number, tau: number): number {
  const { count, poles, weights } = places;
  const pole = values[poles + origin] ?? 0;
  let below = 0;
  let belowSlope = 0;
  for (let j = 0; j <= last; j++) {
    const d = values[poles + j] ?? 0;
    const z = values[weights + j] ?? 0;
    const ratio = z / ((d - pole) * (d + pole) - tau);
    below += z * ratio;
    belowSlope += ratio * ratio;
  }
  let above = 0;
  let aboveSlope = 0;
  for (let j = last + 1; j < count; j++) {
    const d = values[poles + j] ?? 0;
    const z = values[weights + j] ?? 0;
    const ratio = z / ((d - pole) * (d + pole) - tau);
    above += z * ratio;
    aboveSlope += ratio * ratio;
  }
  evaluation.below = below;
  evaluation.belowSlope = belowSlope;
  evaluation.above = above;
  evaluation.aboveSlope = aboveSlope;
  return 1 + below + above;
}

/**
 * Finds root `index`, by interpolation with the two poles beside it (R.-C. Li: Solving secular equations stably and efficiently, 1993),
 * never leaving an interval that holds it.
 */
export function findRoot(values: Float64Array, places: SecularPlaces, index: number): void {
  const { count, poles, weights, roots, origins, shifts } = places;
  const isLast = index === count - 1;
  const lowPole = values[poles + index] ?? 0;
  if (count === 1) {
    const z = Math.abs(values[weights] ?? 0);
    values[roots] = z;
    values[origins] = 0;
    values[shifts] = z;
    return;
  }
  let gap = 0;
  if (isLast) {
    for (let j = 0; j < count; j++) gap += (values[weights + j] ?? 0) ** 2;
  } else {
    const highPole = values[poles + index + 1] ?? 0;
    gap = (highPole - lowPole) * (highPole + lowPole);
  }
  // The poles that the interpolation has: of the last root both of them lie below it.
  const left = isLast ? index - 1 : index;
  const atMiddle = evaluate(values, places, left, index, gap / 2);
  const isNearLow = isLast || atMiddle >= 0;
  const origin = isNearLow ? index : index + 1;
  const pole = values[poles + origin] ?? 0;
  let [low, high] = isNearLow ? [0, gap / 2] : [-gap / 2, 0];
  if (isLast) [low, high] = atMiddle >= 0 ? [0, gap / 2] : [gap / 2, gap * (1 + SETTLED)];
  const leftPole = values[poles + left] ?? 0;
  const rightPole = values[poles + left + 1] ?? 0;
  const leftGap = (leftPole - pole) * (leftPole + pole);
  const rightGap = (rightPole - pole) * (rightPole + pole);
  let tau = firstGuess();
  if (!(tau > low && tau < high)) tau = (low + high) / 2;
  for (let step = 0; step < MOST_STEPS; step++) {
    const value = evaluate(values, places, left, origin, tau);
    const { below, belowSlope, above, aboveSlope } = evaluation;
    if (Math.abs(value) <= SETTLED * (1 + Math.abs(below) + Math.abs(above))) break;
    if (value < 0) low = tau;
    else high = tau;
    const onLeft = leftGap - tau;
    const onRight = rightGap - tau;
    const c = value - onLeft * belowSlope - onRight * aboveSlope;
    const a = (onLeft + onRight) * value - onLeft * onRight * (belowSlope + aboveSlope);
    const b = onLeft * onRight * value;
    let change = isLast ? lastRoot(a, b, c) : quadraticRoot(a, b, c);
    if (!(value * change < 0)) change = -value / (belowSlope + aboveSlope);
    let next = tau + change;
    if (!(next > low && next < high)) next = (low + high) / 2;
    if (next === tau || next === low || next === high) break;
    tau = next;
  }
  const root = Math.sqrt(pole * pole + tau);
  values[origins + index] = origin;
  values[shifts + index] = tau / (root + pole);
  values[roots + index] = root;

  /** The root of the equation in which all poles but the two beside it are as in the middle. */
  function firstGuess(): number {
    const zl = (values[weights + left] ?? 0) ** 2;
    const zr = (values[weights + left + 1] ?? 0) ** 2;
    const middle = (isNearLow ? 1 : -1) * (gap / 2);
    const c = atMiddle - zl / (leftGap - middle) - zr / (rightGap - middle);
    const between = rightGap - leftGap;
    if (isLast) {
      const a = -c * between + zl + zr;
      const b = zr * between;
      const root = Math.sqrt(Math.abs(a * a + 4 * b * c));
      return a < 0 ? (2 * b) / (root - a) : (a + root) / (2 * c);
    }
    if (isNearLow) return quadraticRoot(c * between + zl + zr, zl * between, c);
    const a = c * between - zl - zr;
    const b = zr * between;
    const root = Math.sqrt(Math.abs(a * a + 4 * b * c));
    return a < 0 ? (2 * b) / (a - root) : -(a + root) / (2 * c);
  }
}

function lastRoot(a: number, b: number, c: number): number {
  const size = Math.abs(c);
  const root = Math.sqrt(Math.abs(a * a - 4 * b * size));
  return a >= 0 ? (a + root) / (2 * size) : (2 * b) / (a - root);
}

/**
 * The weight for which the computed roots are exact. With it vectors are orthogonal to working precision, however close roots are
 * (M. Gu, S. Eisenstat: A divide-and-conquer algorithm for the bidiagonal SVD, 1995, equation 3.3).
 */
export function weightOfRoots(values: Float64Array, places: SecularPlaces, index: number): void {
  const { count, poles, weights, exactWeights, roots, origins, shifts } = places;
  const d = values[poles + index] ?? 0;
  const difference = (root: number): number => {
    const origin = values[poles + (values[origins + root] ?? 0)] ?? 0;
    return (d - origin - (values[shifts + root] ?? 0)) * (d + (values[roots + root] ?? 0));
  };
  let product = -difference(count - 1);
  for (let root = 0; root < index; root++) {
    const other = values[poles + root] ?? 0;
    product *= difference(root) / ((d - other) * (d + other));
  }
  for (let root = index; root < count - 1; root++) {
    const other = values[poles + root + 1] ?? 0;
    product *= difference(root) / ((d - other) * (d + other));
  }
  const size = Math.sqrt(Math.abs(product));
  values[exactWeights + index] = (values[weights + index] ?? 0) < 0 ? -size : size;
}
