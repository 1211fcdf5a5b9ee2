import path from 'node:path';
import { isMachineMetric } from '../metricNames.ts';
import { readEvaluations } from '../runs/evaluationFiles.ts';
import type { BenchmarkRecord, EvaluationRecord } from '../runs/evaluationFiles.ts';
import { readMetrics } from '../runs/metrics.ts';
import type { MetricsLine } from '../runs/metrics.ts';
import { costsOf } from '../runs/runCosts.ts';
import { readRun } from '../runs/runJson.ts';
import type { RunRecord } from '../runs/runRecord.ts';
import { runSeconds } from '../runs/runSeconds.ts';
import { finalSpectra } from './finalSpectra.ts';
import type { PlannedTrial } from './trialPlan.ts';
import type { BenchmarkResult, CurvePoint, TrialResult } from './trialResult.ts';

/** More points of a curve say nothing more. */
const mostPoints = 30;
const spectraPrefix = 'adapter/';

/**
 * What a run that has ended came to as a trial of a study. `target` is the accuracy whose cost in tokens is wanted. Throws `run/corrupt`.
 */
export function collectTrial(
  runFolder: string,
  { id, phase, uses, experiment }: Pick<PlannedTrial, 'id' | 'uses' | 'experiment' | 'phase'>,
  target: number | undefined,
): TrialResult {
  const record = readRun(runFolder);
  const lines = readMetrics(runFolder);
  const evaluations = readEvaluations(runFolder);
  const last = evaluations.find(({ moment }) => moment === (phase === 'base' ? 'before' : 'after'));
  const isFinished = record.status === 'finished';
  const { accuracy, ...curves } = curvesOf(lines, evaluations);
  const tokens = costsOf(lines).tokens;
  const tokensToTarget = target === undefined ? undefined : tokensUntil(lines, accuracy, target);
  const kl = last?.benchmarks[0]?.kl?.perToken;
  return {
    id,
    phase: phase === 'base' ? 'report' : phase,
    uses: [...uses],
    seed: experiment.seed,
    learningRate: experiment.learning_rate,
    steps: record.steps,
    status: isFinished ? 'finished' : 'failed',
    ...(isFinished ? {} : { error: errorOf(record) }),
    run: path.basename(runFolder),
    ...(record.trainableParameters === undefined ? {} : { trainableParameters: record.trainableParameters }),
    benchmarks: benchmarksOf(last, ({ role }) => role !== 'watched'),
    retention: benchmarksOf(last, ({ role }) => role === 'watched'),
    ...(kl === undefined ? {} : { klFromBase: kl }),
    tokens,
    ...(tokensToTarget === undefined ? {} : { tokensToTarget }),
    seconds: secondsOf(record, lines),
    ...peakMemory(lines),
    curves: { accuracy, ...curves },
    spectra: { ...spectraOf(lines), ...finalSpectra(runFolder) },
  };
}

/** A trial's result without what only reported trials are told by, so that a study's results stay small. */
export function withoutDetails(result: TrialResult): TrialResult {
  const none = { reward: [], accuracy: [], kl: [], entropy: [], length: [], spectra: {} };
  const short = Object.entries(result.benchmarks).map(([name, benchmark]): [string, BenchmarkResult] => [
    name,
    { ...benchmark, shares: [] },
  ]);
  return { ...result, benchmarks: Object.fromEntries(short), retention: {}, curves: none };
}

/** Accuracy on the first benchmark: what a tuning trial is judged by. */
export function scoreOf({ benchmarks }: Pick<TrialResult, 'benchmarks'>): number | undefined {
  return Object.values(benchmarks)[0]?.accuracy;
}

/** The seconds of a run's processes, those of training and those of evaluation; where its metrics are lost, none of these two. */
function secondsOf(record: RunRecord, lines: readonly MetricsLine[]): TrialResult['seconds'] {
  const costs = costsOf(lines);
  const steps = lines.reduce((sum, { metrics }) => sum + (metrics['time/step'] ?? 0), 0);
  return {
    total: round(runSeconds(record, Date.now())),
    training: round(steps),
    evaluation: round(costs.evaluationSeconds),
  };
}

function errorOf(record: RunRecord): NonNullable<TrialResult['error']> {
  if (record.error !== undefined) return { code: record.error.code, message: record.error.message };
  return { code: 'internal', message: `the run is ${record.status}` };
}

function benchmarksOf(
  evaluation: EvaluationRecord | undefined,
  isWanted: (benchmark: BenchmarkRecord) => boolean,
): Record<string, BenchmarkResult> {
  const wanted = evaluation?.benchmarks.filter(isWanted) ?? [];
  return Object.fromEntries(wanted.map((benchmark) => [benchmark.name, benchmarkOf(benchmark)]));
}

function benchmarkOf({
  split,
  hash,
  accuracy,
  samples,
  passAtK,
  meanTokens,
  problems,
}: BenchmarkRecord): BenchmarkResult {
  const shares = problems.correct.map((correct, i) => {
    const judged = samples - (problems.unjudged[i] ?? 0);
    // eslint-disable-next-line no-restricted-syntax -- JSON's word for a problem that could not be judged
    return judged <= 0 ? null : round(correct / judged);
  });
  const passes = Object.entries(passAtK).map(([k, { value }]) => [k, value] as const);
  return { split, hash, accuracy, samples, shares, passAtK: Object.fromEntries(passes), meanTokens };
}

function curvesOf(lines: readonly MetricsLine[], evaluations: readonly EvaluationRecord[]): TrialResult['curves'] {
  const accuracy = evaluations.flatMap(({ moment, step, benchmarks: [first] }) =>
    moment === 'during' && first !== undefined ? [{ step, value: first.accuracy }] : [],
  );
  const names = [...new Set(lines.flatMap(({ metrics }) => Object.keys(metrics)))];
  const spectra = names.filter((name) => name.startsWith(spectraPrefix) && !isMachineMetric(name));
  return {
    reward: curve(lines, 'reward/mean'),
    accuracy,
    kl: curve(lines, 'kl'),
    entropy: curve(lines, 'entropy'),
    length: curve(lines, 'completion/length_mean'),
    spectra: Object.fromEntries(spectra.map((name) => [name, curve(lines, name)])),
  };
}

/** A metric over steps; of a long run means over equal stretches of it. */
function curve(lines: readonly MetricsLine[], name: string): CurvePoint[] {
  const points = lines.flatMap(({ step, metrics }) => {
    const value = metrics[name];
    return step > 0 && value !== undefined && Number.isFinite(value) ? [{ step, value }] : [];
  });
  const stretch = Math.ceil(points.length / mostPoints);
  const count = stretch === 0 ? 0 : Math.ceil(points.length / stretch);
  return Array.from({ length: count }, (_, i) => {
    const part = points.slice(i * stretch, (i + 1) * stretch);
    const sum = part.reduce((total, { value }) => total + value, 0);
    return { step: part.at(-1)?.step ?? 0, value: round(sum / part.length) };
  });
}

function spectraOf(lines: readonly MetricsLine[]): Record<string, number> {
  const measured = lines.flatMap(({ metrics }) =>
    Object.entries(metrics).filter(([name, value]) => name.startsWith(spectraPrefix) && Number.isFinite(value)),
  );
  // Later entries replace earlier ones.
  return Object.fromEntries(measured.map(([name, value]) => [name, round(value)]));
}

/** Tokens sampled until the accuracy was first measured to be at least `target`. */
function tokensUntil(
  lines: readonly MetricsLine[],
  accuracy: readonly CurvePoint[],
  target: number,
): number | undefined {
  const reached = accuracy.find(({ value }) => value >= target);
  if (reached === undefined) return undefined;
  return costsOf(lines.filter(({ step }) => step <= reached.step)).tokens;
}

function peakMemory(lines: readonly MetricsLine[]): Pick<TrialResult, 'peakMemoryBytes'> {
  const { peakMemoryBytes } = costsOf(lines);
  return peakMemoryBytes > 0 ? { peakMemoryBytes } : {};
}

/** Six digits: curves of hundreds of trials go into one file. */
function round(value: number): number {
  return Number(value.toPrecision(6));
}
