import type { Interval } from '../../training/statistics.ts';
import { crossedVariance, type SeedProblemTable } from './crossedVariance.ts';
import { meanOf, varianceOf } from './moments.ts';
import { studentQuantile } from './studentT.ts';

/** A mean over seeds and problems. */
export interface TwoLevelEstimate {
  readonly mean: number;
  /** For other seeds and other problems of the same kind; undefined with fewer than two seeds or problems. */
  readonly interval: Interval | undefined;
  /** Means over problems (and then over benchmarks), one a seed. */
  readonly seedMeans: readonly number[];
}

/**
 * The mean of one or several benchmarks of the same seeds, each counting the same whatever its number of problems, with an interval for
 * seeds and problems: Student's half width over seeds and those over each benchmark's problems, added as squares, each with the freedom of
 * its own mean square (W. G. Howe: Approximate confidence limits on the mean of X + Y where X and Y are two tabled independent random
 * variables, 1974). With Satterthwaite's freedom for the sum, an interval at 3 seeds is too short whenever the seeds happen to agree;
 * `npm run bench:intervals` compares them.
 */
export function twoLevelEstimate(benchmarks: readonly SeedProblemTable[], level = 0.95): TwoLevelEstimate {
  const parts = benchmarks.map(crossedVariance);
  const seeds = Math.min(...parts.map((part) => part.seeds));
  const seedMeans = Array.from({ length: seeds }, (_, seed) => meanOf(parts.map((part) => part.seedMeans[seed] ?? 0)));
  const mean = meanOf(seedMeans);
  const canEstimate = parts.length > 0 && seeds > 1 && parts.every(({ problems }) => problems > 1);
  if (!canEstimate) return { mean, interval: undefined, seedMeans };
  const quantile = (freedom: number): number => studentQuantile(0.5 + level / 2, freedom);
  const ofSeeds = (quantile(seeds - 1) ** 2 * varianceOf(seedMeans)) / seeds;
  const ofProblems = parts.map(({ problems, problemSquare, restSquare }) => {
    // The rest is in the mean squares of seeds and of problems; in the sum it counts once.
    const square = Math.max(0, problemSquare - restSquare);
    return (quantile(problems - 1) ** 2 * square) / (seeds * problems * parts.length ** 2);
  });
  const half = Math.sqrt(ofProblems.reduce((sum, value) => sum + value, ofSeeds));
  return { mean, interval: { low: mean - half, high: mean + half, mean }, seedMeans };
}
