import { metricNames } from '../../core/metricNames.ts';
import type { MetricsLine } from '../../core/runs/metrics.ts';
import type { RunProgress } from '../../core/runs/progressFile.ts';
import type { RunRecord, RunStatus } from '../../core/runs/runRecord.ts';
import { runSeconds } from '../../core/runs/runSeconds.ts';

/** All that a display of a run is made from. */
export interface RunView {
  readonly record: RunRecord;
  readonly status: RunStatus;
  readonly folder: string;
  readonly lines: readonly MetricsLine[];
  readonly progress: RunProgress | undefined;
  /** Set once the user has asked it to stop. */
  readonly isStopping: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Accuracy on held-out problems, and when. */
export interface AccuracyPoint {
  readonly step: number;
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
  readonly problems?: number;
}

const stepsForPace = 20;

/** Optimizer steps done, as far as anything on disk knows. */
export function stepsDone({ record, lines }: Pick<RunView, 'record' | 'lines'>): number {
  return Math.max(record.steps, lines.at(-1)?.step ?? 0);
}

/** The values of a metric over steps; steps without it are left out. */
export function metricValues(lines: readonly MetricsLine[], name: string): readonly number[] {
  return lines.flatMap(({ metrics }) => metrics[name] ?? []);
}

/** The newest value of a metric. */
export function latestMetric(lines: readonly MetricsLine[], name: string): number | undefined {
  return lines.findLast(({ metrics }) => metrics[name] !== undefined)?.metrics[name];
}

/** Every evaluation, in order: before the first step, in between, after the last. */
export function accuracyPoints({ record, lines }: Pick<RunView, 'record' | 'lines'>): readonly AccuracyPoint[] {
  const { before, after } = record.evaluation;
  const between = lines.flatMap((line) => accuracyOf(line) ?? []);
  const last = record.experiment.training.steps;
  return [
    ...(before === undefined || between.some(({ step }) => step === 0) ? [] : [{ ...before, step: 0 }]),
    ...between.filter(({ step }) => after === undefined || step !== last),
    ...(after === undefined ? [] : [{ ...after, step: last }]),
  ];
}

/**
 * Seconds that a run still takes, from the pace of its last steps and of its last evaluation; undefined before there is
 * any. The first step also traces the graphs, so it counts only while it is alone.
 */
export function secondsLeft(view: RunView): number | undefined {
  const { steps } = view.record.experiment.training;
  const { every } = view.record.experiment.evaluation;
  const done = stepsDone(view);
  const paces = metricValues(view.lines, metricNames.stepSeconds);
  const usual = paces.length > 1 ? paces.slice(1).slice(-stepsForPace) : paces;
  if (usual.length === 0) return undefined;
  const step = usual.reduce((sum, seconds) => sum + seconds, 0) / usual.length;
  const evaluation = latestMetric(view.lines, metricNames.evaluationSeconds) ?? 0;
  const between = every === 0 ? 0 : Math.floor((steps - 1) / every) - Math.floor(Math.min(done, steps - 1) / every);
  return (steps - done) * step + (done < steps ? between + 1 : 0) * evaluation;
}

/** Seconds that a run has been worked on. One that no process works on any more ended with its last step. */
export function secondsSpent({ record, status, lines, now }: RunView): number {
  if (status !== 'interrupted') return runSeconds(record, now);
  const last = record.attempts.at(-1);
  const open = last !== undefined && last.endedAt === undefined ? last : undefined;
  if (open === undefined) return runSeconds(record, now);
  const steps = metricValues(
    lines.filter(({ step }) => step > open.fromStep),
    metricNames.stepSeconds,
  );
  return runSeconds(record, Date.parse(open.startedAt)) + steps.reduce((sum, seconds) => sum + seconds, 0);
}

function accuracyOf({ step, metrics }: MetricsLine): AccuracyPoint | undefined {
  const accuracy = metrics[metricNames.accuracy];
  if (accuracy === undefined) return undefined;
  const { [metricNames.accuracyLow]: low = Number.NaN, [metricNames.accuracyHigh]: high = Number.NaN } = metrics;
  return { step, accuracy, low, high };
}
