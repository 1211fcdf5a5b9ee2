import { gammaRatio } from './gammaRatio.ts';
import { meanOf, varianceOf } from './moments.ts';

/**
 * Hedges' g of two methods over the same seeds: the difference of their means in average seed standard deviations, with the correction for
 * few seeds J(n - 1) = Gamma(f / 2) / (sqrt(f / 2) Gamma((f - 1) / 2)) (L. V. Hedges: Distribution theory for Glass's estimator of effect
 * size, 1981; the standardiser is that of G. Cumming:
 * Understanding the new statistics, 2012, chapter 11). Undefined with fewer than three seeds, where J is, and
 * where no seed differs from another.
 */
export function hedgesG(baseline: readonly number[], method: readonly number[]): number | undefined {
  const freedom = Math.min(baseline.length, method.length) - 1;
  if (freedom < 2) return undefined;
  const deviation = Math.sqrt((varianceOf(baseline) + varianceOf(method)) / 2);
  if (deviation === 0) return undefined;
  const correction = gammaRatio((freedom - 1) / 2) / Math.sqrt(freedom / 2);
  return (correction * (meanOf(method) - meanOf(baseline))) / deviation;
}
