import type { SeedProblemTable } from '../statistics/crossedVariance.ts';
import type { BenchmarkResult, TrialResult } from '../trialResult.ts';

type Benchmarks = Readonly<Record<string, BenchmarkResult>>;

/** Shares of correct answers of the same problems at the same seeds, of one or more methods. */
export interface SeedTables {
  readonly seeds: readonly number[];
  /** One table for each method given, [seed][problem]. */
  readonly tables: readonly SeedProblemTable[];
  /** Problems left out because a method could not be judged on them at some seed. */
  readonly unjudged: number;
}

/** Names of the benchmarks whose report split was evaluated, in the order of the trials. */
export function reportedBenchmarks(
  trials: readonly TrialResult[],
  select: (trial: TrialResult) => Benchmarks,
): string[] {
  const names = trials.flatMap((trial) =>
    Object.entries(select(trial)).flatMap(([name, { split }]) => (split === 'report' ? [name] : [])),
  );
  return [...new Set(names)];
}

/**
 * Tables of one benchmark for methods given by their finished trials: the seeds that all of them have, and the problems that were judged
 * at all of these. Undefined without a common seed, or where the trials' problems are not the same.
 */
export function seedTables(
  benchmark: string,
  methods: readonly (readonly TrialResult[])[],
  select: (trial: TrialResult) => Benchmarks = ({ benchmarks }) => benchmarks,
): SeedTables | undefined {
  const resultsOf = methods.map((trials) => {
    return new Map(
      trials.flatMap((trial) => {
        const result = select(trial)[benchmark];
        return trial.status !== 'finished' || result?.split !== 'report' ? [] : [[trial.seed, result] as const];
      }),
    );
  });
  const [first] = resultsOf;
  const seeds = [...(first?.keys() ?? [])].filter((seed) => resultsOf.every((results) => results.has(seed)));
  const shares = resultsOf.map((results) => seeds.map((seed) => results.get(seed)));
  const all = shares.flat().filter((result) => result !== undefined);
  const [one] = all;
  const isSame = all.every(({ hash, shares: own }) => hash === one?.hash && own.length === one.shares.length);
  if (one === undefined || !isSame) return undefined;
  const judged = one.shares
    .map((_, problem) => problem)
    .filter((problem) => all.every(({ shares: own }) => typeof own[problem] === 'number'));
  const tables = shares.map((rows) => rows.map((row) => judged.map((problem) => row?.shares[problem] ?? 0)));
  return judged.length === 0 ? undefined : { seeds, tables, unjudged: one.shares.length - judged.length };
}
