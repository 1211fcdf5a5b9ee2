import { crossedVariance } from '../statistics/crossedVariance.ts';
import { hedgesG } from '../statistics/effectSize.ts';
import { holmAdjusted, testableInFamily } from '../statistics/holm.ts';
import { meanOf, varianceOf } from '../statistics/moments.ts';
import { detectableDifference } from '../statistics/power.ts';
import { signFlipTest, smallestSignFlipP } from '../statistics/signFlip.ts';
import type { StudySetting, TrialResult } from '../trialResult.ts';
import { estimateTables, type Estimate } from './estimate.ts';
import { reportedBenchmarks, seedTables } from './seedTables.ts';

/** Level of all tests, after correction. */
export const testLevel = 0.05;

/** What a comparison may be called. */
export type Verdict = 'different' | 'not-distinguishable' | 'not-testable' | 'not-compared';

/** One side of a comparison. */
export interface Side {
  readonly method: string;
  readonly setting: StudySetting;
  readonly trials: readonly TrialResult[];
}

/** A method compared with a baseline, paired by seed and problem. Differences are method less baseline, of shares of 1. */
export interface Comparison {
  readonly method: string;
  readonly baseline: string;
  readonly setting: StudySetting;
  readonly seeds: readonly number[];
  readonly verdict: Verdict;
  /** Why it is not compared. */
  readonly reason?: string;
  readonly difference?: Estimate;
  /** Of the exact sign-flip test over seeds; missing where the design cannot reach the corrected threshold. */
  readonly p?: number;
  /** After Holm's correction over the family. */
  readonly adjustedP?: number;
  /** Of the same test over problems, each a mean over seeds: for these trained policies on other problems. */
  readonly problemP?: number;
  readonly smallestP: number;
  /** Tests that were corrected for together. */
  readonly family: number;
  /** Comparisons of the design, tested or not. */
  readonly planned: number;
  /** Hedges' g, in standard deviations over seeds. */
  readonly effect?: number;
  /** Smallest true difference found with 80 % power at the spread measured here, for one test and for the family. */
  readonly detectable?: { readonly alone: number; readonly corrected: number };
}

interface Paired {
  readonly baselineMeans: readonly number[];
  readonly methodMeans: readonly number[];
  readonly seeds: readonly number[];
  readonly difference: Estimate;
  readonly problemDifferences: readonly number[];
}

/**
 * Compares methods with their baselines and corrects for all these comparisons together. What the design cannot decide, because the
 * smallest p of so many seeds lies above the corrected threshold, is not tested and is not counted in the correction.
 */
export function compareMethods(pairs: readonly (readonly [baseline: Side, method: Side])[]): readonly Comparison[] {
  const paired = pairs.map(([baseline, method]) => pairUp(baseline, method));
  const smallest = paired.map((pair) => (typeof pair === 'string' ? 1 : smallestSignFlipP(pair.seeds.length)));
  const testable = testableInFamily(smallest, testLevel);
  const ps = paired.map((pair, index) =>
    typeof pair === 'string' || testable[index] !== true ? undefined : signFlipTest(pair.difference.perSeed).p,
  );
  const adjusted = holmAdjusted(ps.flatMap((p) => p ?? []));
  const family = adjusted.length;
  const planned = paired.filter((pair) => typeof pair !== 'string').length;
  let tested = 0;
  return pairs.map(([baseline, method], index): Comparison => {
    const pair = paired[index] ?? '';
    const p = ps[index];
    const adjustedP = p === undefined ? undefined : adjusted[tested++];
    const shared = {
      method: method.method,
      baseline: baseline.method,
      setting: method.setting,
      smallestP: smallest[index] ?? 1,
      family,
      planned,
    };
    if (typeof pair === 'string') return { ...shared, seeds: [], verdict: 'not-compared', reason: pair };
    const detectable = detectableAt(pair, Math.max(1, p === undefined ? planned : family));
    const effect = hedgesG(pair.baselineMeans, pair.methodMeans);
    return {
      ...shared,
      seeds: pair.seeds,
      verdict: verdictOf(pair.difference, adjustedP),
      difference: pair.difference,
      ...(p === undefined || adjustedP === undefined ? {} : { p, adjustedP }),
      ...(pair.problemDifferences.length < 2 ? {} : { problemP: signFlipTest(pair.problemDifferences).p }),
      ...(effect === undefined ? {} : { effect }),
      ...(detectable === undefined ? {} : { detectable }),
    };
  });
}

function verdictOf({ interval }: Estimate, adjustedP: number | undefined): Verdict {
  if (adjustedP === undefined) return 'not-testable';
  const leavesZeroOut = interval !== undefined && (interval.low > 0 || interval.high < 0);
  return adjustedP <= testLevel && leavesZeroOut ? 'different' : 'not-distinguishable';
}

/** Differences of two methods at their common seeds; or why there are none. */
function pairUp(baseline: Side, method: Side): Paired | string {
  const own = method.trials.filter(({ status }) => status === 'finished');
  const other = baseline.trials.filter(({ status }) => status === 'finished');
  if (own.length === 0) return `${method.method} has no finished trial`;
  if (other.length === 0) return `${baseline.method} has no finished trial`;
  const names = reportedBenchmarks([...other, ...own], ({ benchmarks }) => benchmarks);
  const found = names.flatMap((name) => seedTables(name, [other, own]) ?? []);
  if (names.length === 0) return 'no benchmark was evaluated on its report split';
  if (found.length < names.length) return 'they have no common seed, or not the same problems';
  const [first] = found;
  const differences = found.map(({ tables: [left = [], right = []] }) =>
    right.map((row, seed) => row.map((value, problem) => value - (left[seed]?.[problem] ?? 0))),
  );
  const difference = estimateTables(differences);
  if (first === undefined || difference === undefined) return 'they have no common seed';
  const meansOf = (side: number): readonly number[] => {
    const perBenchmark = found.map(({ tables }) => crossedVariance(tables[side] ?? []).seedMeans);
    return first.seeds.map((_, seed) => meanOf(perBenchmark.map((means) => means[seed] ?? 0)));
  };
  return {
    baselineMeans: meansOf(0),
    methodMeans: meansOf(1),
    seeds: first.seeds,
    difference,
    // Weighted so that each benchmark counts the same, as it does in the difference.
    problemDifferences: differences.flatMap((table) => {
      const problems = table[0]?.length ?? 0;
      return Array.from({ length: problems }, (_, problem) => meanOf(table.map((row) => row[problem] ?? 0)) / problems);
    }),
  };
}

function detectableAt({ difference, seeds }: Paired, tests: number): Comparison['detectable'] {
  const deviation = Math.sqrt(varianceOf(difference.perSeed));
  const alone = detectableDifference({ seeds: seeds.length, deviation, alpha: testLevel });
  const corrected = detectableDifference({ seeds: seeds.length, deviation, alpha: testLevel / tests });
  return alone === undefined || corrected === undefined ? undefined : { alone, corrected };
}
