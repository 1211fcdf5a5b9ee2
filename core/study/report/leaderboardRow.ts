import type { StudyResults } from '../studyResults.ts';
import type { BenchmarkResult, StudySetting, TrialResult } from '../trialResult.ts';
import { estimateSeeds, estimateTables, type Estimate } from './estimate.ts';
import { reportedBenchmarks, seedTables } from './seedTables.ts';

const FRACTION = { low: 0, high: 1 };

/** One method at one setting: all that a leaderboard says of it. Accuracies are shares of 1. */
export interface LeaderboardRow {
  readonly method: string;
  readonly setting: StudySetting;
  /** Rates of its trials: one, unless seeds were given different ones. */
  readonly learningRates: readonly number[];
  readonly seedsFinished: readonly number[];
  readonly seedsFailed: readonly number[];
  readonly seedsMissing: readonly number[];
  /** Mean over the benchmarks of its task; missing where no trial finished. */
  readonly accuracy?: Estimate;
  readonly benchmarks: Readonly<Record<string, Estimate>>;
  /** Problems that count nowhere because no answer could be judged at some seed. */
  readonly unjudged: number;
  readonly passAtK: Readonly<Record<string, Estimate>>;
  readonly retention: Readonly<Record<string, Estimate>>;
  readonly klFromBase?: Estimate;
  readonly trainableParameters?: number;
  /** Tokens generated until the target accuracy was first seen, over the seeds that reached it. */
  readonly tokensToTarget?: Estimate;
  readonly reachedTarget?: number;
  readonly tokens?: Estimate;
  readonly spectra: Readonly<Record<string, Estimate>>;
  /** What depends on the machine. */
  readonly machine: { readonly seconds?: number; readonly peakMemoryBytes?: number };
}

/** What a row is made of. */
export interface RowSource {
  readonly results: StudyResults;
  readonly method: string;
  readonly setting: StudySetting;
  readonly trials: readonly TrialResult[];
  readonly seedsMissing: readonly number[];
}

/** Sums up the trials of a method at a setting. */
export function leaderboardRow({ results, method, setting, trials, seedsMissing }: RowSource): LeaderboardRow {
  const finished = trials.filter(({ status }) => status === 'finished');
  const names = reportedBenchmarks(finished, ({ benchmarks }) => benchmarks);
  const tables = names.map((name) => ({ name, found: seedTables(name, [finished]) }));
  const usable = tables.flatMap(({ found }) => (found?.tables[0] === undefined ? [] : [found.tables[0]]));
  const accuracy = usable.length === names.length ? estimateTables(usable, FRACTION) : undefined;
  const parameters = finished.flatMap(({ trainableParameters }) => trainableParameters ?? []);
  const hasTarget = results.target[setting.task] !== undefined;
  const reached = finished.flatMap(({ tokensToTarget }) => tokensToTarget ?? []);
  return {
    method,
    setting,
    learningRates: [...new Set(trials.map(({ learningRate }) => learningRate))].sort((left, right) => left - right),
    seedsFinished: finished.map(({ seed }) => seed),
    seedsFailed: trials.filter(({ status }) => status === 'failed').map(({ seed }) => seed),
    seedsMissing,
    ...known('accuracy', accuracy),
    benchmarks: definedEntries(
      tables.map(({ name, found }) => [name, found && estimateTables(found.tables.slice(0, 1), FRACTION)]),
    ),
    unjudged: tables.reduce((sum, { found }) => sum + (found?.unjudged ?? 0), 0),
    passAtK: passes(finished),
    retention: retained(finished),
    ...known('klFromBase', estimateSeeds(finished.flatMap(({ klFromBase }) => klFromBase ?? []))),
    ...known('trainableParameters', parameters[0]),
    ...(hasTarget ? { reachedTarget: reached.length, ...known('tokensToTarget', estimateSeeds(reached)) } : {}),
    ...known('tokens', estimateSeeds(finished.map(({ tokens }) => tokens))),
    spectra: spectraOf(finished),
    machine: machineCosts(finished),
  };
}

/** Mean over benchmarks of pass@k at each seed, for every k that all of them have. */
function passes(finished: readonly TrialResult[]): Record<string, Estimate> {
  const reported = finished.map(({ benchmarks }) => Object.values(benchmarks).filter(isReported));
  const ks = [...new Set(reported.flat().flatMap(({ passAtK }) => Object.keys(passAtK)))];
  const everywhere = ks.filter((k) => reported.every((own) => own.every(({ passAtK }) => passAtK[k] !== undefined)));
  const atK = (k: string): readonly number[] =>
    reported.flatMap((own) => (own.length === 0 ? [] : [mean(own.map(({ passAtK }) => passAtK[k] ?? 0))]));
  return definedEntries(
    everywhere
      .sort((left, right) => Number(left) - Number(right))
      .map((k) => [k, estimateSeeds(atK(k), FRACTION)] as const),
  );
}

function retained(finished: readonly TrialResult[]): Record<string, Estimate> {
  return definedEntries(
    reportedBenchmarks(finished, ({ retention }) => retention).map((name) => {
      const found = seedTables(name, [finished], ({ retention }) => retention);
      return [name, found && estimateTables(found.tables, FRACTION)];
    }),
  );
}

function spectraOf(finished: readonly TrialResult[]): Record<string, Estimate> {
  const names = [...new Set(finished.flatMap(({ spectra }) => Object.keys(spectra)))].sort();
  return definedEntries(
    names.map((name) => [name, estimateSeeds(finished.flatMap(({ spectra }) => spectra[name] ?? []))]),
  );
}

function machineCosts(finished: readonly TrialResult[]): LeaderboardRow['machine'] {
  if (finished.length === 0) return {};
  const memory = finished.flatMap(({ peakMemoryBytes }) => peakMemoryBytes ?? []);
  return {
    seconds: mean(finished.map(({ seconds }) => seconds.total)),
    ...known(
      'peakMemoryBytes',
      memory.length === 0 ? undefined : memory.reduce((most, value) => Math.max(most, value)),
    ),
  };
}

function isReported({ split }: BenchmarkResult): boolean {
  return split === 'report';
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function known<Name extends string, Value>(name: Name, value: Value | undefined): Partial<Record<Name, Value>> {
  return value === undefined ? {} : ({ [name]: value } as Partial<Record<Name, Value>>);
}

function definedEntries<Value>(entries: readonly (readonly [string, Value | undefined])[]): Record<string, Value> {
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, Value] => entry[1] !== undefined));
}
