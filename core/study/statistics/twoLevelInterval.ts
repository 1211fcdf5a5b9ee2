import type { Interval } from '../../training/statistics.ts';
import { crossedVariance, type CrossedVariance, type SeedProblemTable } from './crossedVariance.ts';
import { studentQuantile } from './studentT.ts';

/** A mean over seeds and problems, with what its spread is made of. */
export interface TwoLevelEstimate {
  readonly mean: number;
  /** For other seeds and other problems of the same kind; undefined with fewer than two seeds or problems. */
  readonly interval: Interval | undefined;
  readonly variance: CrossedVariance;
}

/**
 * The mean of a table of seeds and problems with an interval for both: Student's half width over seeds and that over problems, added as
 * squares, each with the freedom of its own mean square (W. G. Howe: Approximate confidence limits on the mean of X + Y where X and Y are
 * two tabled independent random variables, 1974). With Satterthwaite's freedom for their sum an interval at 3 seeds is too short whenever
 * the seeds happen to agree; `npm run bench:coverage` compares them.
 */
export function twoLevelEstimate(table: SeedProblemTable, level = 0.95): TwoLevelEstimate {
  const variance = crossedVariance(table);
  const { mean, seeds, problems } = variance;
  const half = halfWidth(variance, level);
  const interval = seeds < 2 || problems < 2 ? undefined : { low: mean - half, high: mean + half, mean };
  return { mean, interval, variance };
}

function halfWidth({ seeds, problems, seedSquare, problemSquare, restSquare }: CrossedVariance, level: number): number {
  if (seeds < 2 || problems < 2) return Number.POSITIVE_INFINITY;
  const quantile = (freedom: number): number => studentQuantile(0.5 + level / 2, freedom);
  // The rest is in both mean squares; in the sum it counts once.
  const ofProblems = Math.max(0, problemSquare - restSquare);
  const squared = quantile(seeds - 1) ** 2 * seedSquare + quantile(problems - 1) ** 2 * ofProblems;
  return Math.sqrt(squared / (seeds * problems));
}
