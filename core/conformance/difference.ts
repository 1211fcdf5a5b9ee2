/** Where two arrays differ most, in |a - b| / max(1, |b|). */
export interface Difference {
  readonly error: number;
  readonly index: number;
  readonly actual: number;
  readonly expected: number;
}

/** The largest difference between two arrays of the same length; NaN and infinities are infinitely far from everything. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): Difference {
  let largest: Difference = { error: 0, index: -1, actual: 0, expected: 0 };
  for (let i = 0; i < Math.max(actual.length, expected.length); i++) {
    const [a, b] = [actual[i] ?? NaN, expected[i] ?? NaN];
    const error = Math.abs(a - b) / Math.max(1, Math.abs(b));
    const known = Number.isFinite(error) ? error : Infinity;
    if (known > largest.error) largest = { error: known, index: i, actual: a, expected: b };
  }
  return largest;
}

/** `value 3 is 0.5, expected 0.25 (0.25 away, at most 0.00001)`, or undefined where the arrays are close enough. */
export function differenceInWords(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): string | undefined {
  if (actual.length !== expected.length) return `it has ${actual.length} values, expected ${expected.length}`;
  const { error, index, actual: a, expected: b } = largestDifference(actual, expected);
  if (error <= tolerance) return undefined;
  return `value ${index} is ${a}, expected ${b} (off by ${error.toPrecision(3)}, at most ${tolerance})`;
}

/** The first value that is NaN or infinite, in words; undefined where all are finite. */
export function notFiniteInWords(values: ArrayLike<number>): string | undefined {
  const index = Array.prototype.findIndex.call(values, (value: number) => !Number.isFinite(value));
  return index < 0 ? undefined : `value ${index} of ${values.length} is ${values[index]}`;
}
