import { bcaOverSeeds, studentInterval } from '../statistics/seedInterval.ts';
import { meanOf } from '../statistics/moments.ts';
import { twoLevelEstimate } from '../statistics/twoLevelInterval.ts';
import type { SeedProblemTable } from '../statistics/crossedVariance.ts';

/** The ends of a 95 % interval. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** A mean with what is known of how sure it is. */
export interface Estimate {
  readonly mean: number;
  readonly seeds: number;
  /** The interval that reports use; missing with one seed, and where no seed differs: an interval without width would claim too much. */
  readonly interval?: Bounds;
  /** What the interval is for: other seeds on other problems of the same kind, or other seeds alone. */
  readonly over: 'seeds and problems' | 'seeds';
  /** Student's interval for other seeds on the same problems. */
  readonly overSeeds?: Bounds;
  /** The BCa bootstrap's, with 10 seeds or more. */
  readonly bca?: Bounds;
  readonly perSeed: readonly number[];
}

/** An estimate from shares of correct answers: benchmarks of the same seeds, each counting the same. */
export function estimateTables(benchmarks: readonly SeedProblemTable[], limits?: Bounds): Estimate | undefined {
  if (benchmarks.length === 0 || (benchmarks[0]?.length ?? 0) === 0) return undefined;
  const { mean, interval, seedMeans } = twoLevelEstimate(benchmarks);
  return {
    mean,
    seeds: seedMeans.length,
    ...(interval === undefined || interval.low === interval.high ? {} : { interval: within(interval, limits) }),
    over: 'seeds and problems',
    ...seedBounds(seedMeans, limits),
    perSeed: seedMeans,
  };
}

/** An estimate from one number a seed; undefined of nothing. */
export function estimateSeeds(values: readonly number[], limits?: Bounds): Estimate | undefined {
  if (values.length === 0) return undefined;
  const bounds = seedBounds(values, limits);
  return {
    mean: meanOf(values),
    seeds: values.length,
    ...(bounds.overSeeds === undefined ? {} : { interval: bounds.overSeeds }),
    over: 'seeds',
    ...bounds,
    perSeed: values,
  };
}

function seedBounds(values: readonly number[], limits: Bounds | undefined): { overSeeds?: Bounds; bca?: Bounds } {
  const student = studentInterval(values);
  const bca = bcaOverSeeds(values, 0);
  return {
    ...(student === undefined || student.low === student.high ? {} : { overSeeds: within(student, limits) }),
    ...(bca === undefined || bca.low === bca.high ? {} : { bca: within(bca, limits) }),
  };
}

/** An accuracy lies between 0 and 1: an interval that reaches beyond says nothing more there. */
function within({ low, high }: Bounds, limits: Bounds | undefined): Bounds {
  return limits === undefined ? { low, high } : { low: Math.max(limits.low, low), high: Math.min(limits.high, high) };
}
