import type { Interval } from '../../training/statistics.ts';
import { bootstrapInterval } from '../../training/statistics.ts';
import { meanOf, varianceOf } from './moments.ts';
import { studentQuantile } from './studentT.ts';

/** From as many seeds on a BCa interval over seeds is told beside that of t: with fewer, resamples hardly differ. */
const ENOUGH_FOR_BCA = 10;

/**
 * The mean over seeds with Student's interval: for other seeds on the same problems. Undefined with one seed, which says nothing of
 * others.
 */
export function studentInterval(seedMeans: readonly number[], level = 0.95): Interval | undefined {
  const seeds = seedMeans.length;
  if (seeds < 2) return undefined;
  const mean = meanOf(seedMeans);
  const half = studentQuantile(0.5 + level / 2, seeds - 1) * Math.sqrt(varianceOf(seedMeans) / seeds);
  return { low: mean - half, high: mean + half, mean };
}

/** The BCa bootstrap interval over seeds; undefined with fewer than 10. */
export function bcaOverSeeds(seedMeans: readonly number[], seed: number, level = 0.95): Interval | undefined {
  return seedMeans.length < ENOUGH_FOR_BCA ? undefined : bootstrapInterval(seedMeans, { seed, level });
}
