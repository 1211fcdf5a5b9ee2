import { expect } from 'vitest';

/** Asserts |a - b| <= tolerance max(1, |b|) for every pair, naming the worst one. NaN is close to nothing. */
export function expectClose(
  actual: ArrayLike<number> | undefined,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  expect(actual?.length, `${what}: number of values`).toBe(expected.length);
  let worst = 0;
  let where = -1;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs((actual?.[i] ?? NaN) - (expected[i] ?? NaN)) / Math.max(1, Math.abs(expected[i] ?? NaN));
    if (error <= worst) continue;
    worst = Number.isNaN(error) ? Infinity : error;
    where = i;
  }
  expect(worst, `${what}: value ${where} is ${actual?.[where]}, expected ${expected[where]}`).toBeLessThanOrEqual(
    tolerance,
  );
}
