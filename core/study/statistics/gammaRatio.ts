const SMALLEST_ASYMPTOTIC = 20;
/** Coefficients of 1 / a^k, k = 0, 1, ... */
const SERIES = [
  1,
  -1 / 8,
  1 / 128,
  5 / 1024,
  -21 / 32768,
  -399 / 262144,
  869 / 4194304,
  39325 / 33554432,
  -334477 / 2147483648,
];

/**
 * Gamma(a + 1/2) / Gamma(a) for a > 0, to about 1e-14 of itself: the asymptotic series in 1 / a, reached from small a by the recurrence
 * of Gamma. The ratio has no cancellation for large a, where a difference of log-Gammas loses all its digits.
 */
export function gammaRatio(a: number): number {
  let factor = 1;
  let shifted = a;
  while (shifted < SMALLEST_ASYMPTOTIC) {
    factor *= shifted / (shifted + 0.5);
    shifted += 1;
  }
  const series = SERIES.reduceRight((sum, coefficient) => sum / shifted + coefficient, 0);
  return factor * Math.sqrt(shifted) * series;
}
