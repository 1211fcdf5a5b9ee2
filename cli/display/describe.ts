import { formatCount, formatNumber, formatSeconds, formatValue } from '../../core/report/formatValue.ts';
import { metricNames } from '../../core/metricNames.ts';
import type { MetricsLine } from '../../core/runs/metrics.ts';
import type { RunProgress } from '../../core/runs/progressFile.ts';
import type { BenchmarkResult, RunRecord, RunStatus } from '../../core/runs/runRecord.ts';
import type { AccuracyPoint } from './runView.ts';

/** `64.1 % (59.8 to 68.2)`: an accuracy with its 95 % interval. */
export function describeAccuracy({ accuracy, low, high }: Omit<AccuracyPoint, 'step'>): string {
  const percent = formatValue(accuracy, 'fraction');
  if (!Number.isFinite(low) || !Number.isFinite(high)) return percent;
  return `${percent} (${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)})`;
}

/** `linear: 50.1 % (45.9 to 54.2) before, 49.8 % (45.6 to 53.9) after`, for each family that was evaluated and not trained. */
export function describeWatched({ evaluation: { before, after } }: RunRecord): readonly string[] {
  return describeEach(describeAccuracy, before?.watched, after?.watched);
}

/** `math_500: avg@4 50.1 % (...), pass@4 63.0 % (...) before, ... after`, for each benchmark. */
export function describeBenchmarks({ evaluation: { before, after } }: RunRecord): readonly string[] {
  return describeEach(describeBenchmark, before?.benchmarks, after?.benchmarks);
}

function describeBenchmark(result: BenchmarkResult): string {
  const { samples = 1, passAtK = {}, passIntervals = {} } = result;
  const pass = passAtK[String(samples)];
  const told = `avg@${samples} ${describeAccuracy(result)}`;
  if (pass === undefined || samples === 1) return told;
  const { low = Number.NaN, high = Number.NaN } = passIntervals[String(samples)] ?? {};
  return `${told}, pass@${samples} ${describeAccuracy({ accuracy: pass, low, high })}`;
}

type Results = Readonly<Record<string, BenchmarkResult>>;

function describeEach(
  describe: (result: BenchmarkResult) => string,
  before: Results = {},
  after: Results = {},
): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].map((name) => {
    const moments = [
      [before[name], 'before'],
      [after[name], 'after'],
    ] as const;
    const known = moments.flatMap(([result, when]) => (result === undefined ? [] : [`${describe(result)} ${when}`]));
    return `${name}: ${known.join(', ')}`;
  });
}

/** `held-out accuracy after step 20: 58.2 % (54.0 to 62.3)`. */
export function describeEvaluation(point: AccuracyPoint): string {
  const when = point.step === 0 ? 'before training' : `after step ${point.step}`;
  return `held-out accuracy ${when}: ${describeAccuracy(point)}`;
}

/** The key metrics of a step as `name value`, those that the step has. */
export function describeMetrics({ metrics }: MetricsLine): readonly string[] {
  const number = (name: string, label: string): string[] => {
    const value = metrics[name];
    return value === undefined ? [] : [`${label} ${formatNumber(value)}`];
  };
  const throughput = metrics[metricNames.rolloutThroughput];
  const seconds = metrics[metricNames.stepSeconds];
  return [
    ...number(metricNames.reward, 'reward'),
    ...number(metricNames.length, 'length'),
    ...number(metricNames.entropy, 'entropy'),
    ...number(metricNames.gradNorm, 'grad norm'),
    ...(throughput === undefined ? [] : [`${formatCount(throughput)} tok/s`]),
    ...(seconds === undefined ? [] : [`${formatSeconds(seconds)} a step`]),
  ];
}

/** What a run's process is doing, in words. */
export function describeProgress(status: RunStatus, progress: RunProgress | undefined): string {
  if (status === 'queued' || progress === undefined) return 'starting';
  const { phase, done, total } = progress;
  const count = total === undefined || total === 0 ? '' : ` ${formatCount(done)}/${formatCount(total)}`;
  const words: Readonly<Record<RunProgress['phase'], string>> = {
    starting: 'loading the model and tracing the graphs',
    downloading: `fetching data${total === undefined ? '' : ` ${formatValue(done, 'bytes')} of ${formatValue(total, 'bytes')}`}`,
    calibrating: `looking at the base on training data${count}`,
    evaluating: `evaluating${count}`,
    rollout: `sampling completions${count}`,
    training: 'computing the update',
    saving: 'saving a checkpoint',
    finished: 'finished',
  };
  return words[phase];
}
