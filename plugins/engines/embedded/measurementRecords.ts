import type { BenchmarkRecord } from '../../../core/runs/evaluationFiles.ts';
import type { BenchmarkResult, RunRecord } from '../../../core/runs/runRecord.ts';
import type { Measurement } from '../../../core/training/benchmark.ts';

/** What came of every problem of a benchmark, as the run's folder keeps it. */
export function benchmarkRecord(measurement: Measurement, seed: number): BenchmarkRecord {
  const { benchmark, evaluation, divergence } = measurement;
  const { name, role, split, hash, temperature, topP, maxCompletionTokens } = benchmark;
  const { accuracy, low, high, samples, passes, meanTokens, truncated, outcomes } = evaluation;
  return {
    ...{ name, role, split, hash, samples, temperature, topP, maxCompletionTokens, seed },
    ...{ accuracy, low, high },
    passAtK: Object.fromEntries(
      passes.map((pass) => [String(pass.k), { value: pass.value, low: pass.low, high: pass.high }]),
    ),
    ...{ meanTokens, truncated },
    ...(divergence === undefined ? {} : { kl: divergence }),
    problems: {
      id: outcomes.map(({ id }) => id),
      correct: outcomes.map(({ correct }) => correct),
      unjudged: outcomes.map((outcome) => outcome.samples - outcome.judged),
      tokens: outcomes.map(({ tokens }) => tokens),
    },
  };
}

/** The same in short, for `run.json`. Empty where the data trained on was not measured. */
export function evaluationResult(
  moment: 'before' | 'after',
  measurements: readonly Measurement[],
): RunRecord['evaluation'] {
  const trained = measurements.find(({ benchmark }) => benchmark.role === 'trained');
  if (trained === undefined) return {};
  const named = (role: Measurement['benchmark']['role']): Record<string, BenchmarkResult> =>
    Object.fromEntries(
      measurements.flatMap((own) => (own.benchmark.role === role ? [[own.benchmark.name, summary(own)]] : [])),
    );
  return { [moment]: { ...summary(trained), watched: named('watched'), benchmarks: named('benchmark') } };
}

function summary({ evaluation, divergence }: Measurement): BenchmarkResult {
  const { accuracy, low, high, problems, samples, passes, meanTokens, truncated, unjudged } = evaluation;
  return {
    ...{ accuracy, low, high, problems, samples },
    passAtK: Object.fromEntries(passes.map(({ k, value }) => [String(k), value])),
    passIntervals: Object.fromEntries(passes.map((pass) => [String(pass.k), { low: pass.low, high: pass.high }])),
    ...{ meanTokens, truncated, unjudged },
    ...(divergence === undefined ? {} : { kl: divergence }),
  };
}
