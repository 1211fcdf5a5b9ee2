import type { Benchmark, Measurement } from './benchmark.ts';
import { evaluatePolicy } from './evaluate.ts';
import { evaluationDivergence } from './evaluationDivergence.ts';
import type { Learner } from './learner.ts';
import type { PassShare } from './passTable.ts';
import type { Sampler, WeightFeeds } from './rollout.ts';
import type { TrainerEvents, TrainerOptions } from './trainerOptions.ts';

/** An evaluation's moment in the run. */
export type EvaluationMoment = Parameters<TrainerEvents['onDidEvaluate']>[0];

/** What is evaluated: a run's options and its policy as it is now. */
export interface EvaluatedPolicy {
  readonly options: TrainerOptions;
  readonly events: TrainerEvents;
  readonly learner: Learner;
  readonly sampler: Sampler;
  readonly weights: WeightFeeds;
  /** Aborting it ends the evaluation at once, with `run/not-running`. */
  readonly stop?: AbortSignal;
}

/** Measures accuracy on `benchmarks`, reports it, and returns it as metrics. */
export async function evaluationMetrics(
  policy: EvaluatedPolicy,
  moment: EvaluationMoment,
  benchmarks: readonly Benchmark[],
): Promise<Readonly<Record<string, number>>> {
  const started = performance.now();
  const measurements: Measurement[] = [];
  for (const benchmark of benchmarks) measurements.push(await measure(policy, benchmark));
  policy.events.onDidEvaluate(moment, policy.learner.state.step, measurements);
  return {
    ...Object.fromEntries(measurements.flatMap((own) => Object.entries(metricsOf(own)))),
    'time/evaluation': (performance.now() - started) / 1000,
  };
}

function metricsOf({ benchmark, evaluation, divergence }: Measurement): Record<string, number> {
  const { accuracy, low, high, passes, meanTokens, truncated, failures } = evaluation;
  const prefix = benchmark.role === 'trained' ? 'evaluation' : `evaluation/${benchmark.name}`;
  const known = passes.length > 1 ? passes : [];
  return {
    [`${prefix}/accuracy`]: accuracy,
    [`${prefix}/low`]: low,
    [`${prefix}/high`]: high,
    [`${prefix}/tokens_mean`]: meanTokens,
    [`${prefix}/truncated`]: truncated,
    ...(failures.length === 0 ? {} : { [`${prefix}/failures`]: failures.length }),
    ...Object.fromEntries(known.flatMap((pass) => passMetrics(prefix, pass))),
    ...(divergence === undefined
      ? {}
      : { [`${prefix}/kl`]: divergence.perToken, [`${prefix}/kl_sequence`]: divergence.perSequence }),
  };
}

/** The interval of pass@1 is that of the accuracy. */
function passMetrics(prefix: string, { k, value, low, high }: PassShare): readonly (readonly [string, number])[] {
  const name = `${prefix}/pass@${k}`;
  const interval = [
    [`${name}_low`, low],
    [`${name}_high`, high],
  ] as const;
  return [[name, value], ...(k === 1 ? [] : interval)];
}

async function measure(
  { options, events, learner, sampler, weights, stop }: EvaluatedPolicy,
  benchmark: Benchmark,
): Promise<Measurement> {
  const { seed } = options.evaluation;
  const { temperature } = benchmark;
  const { timeoutSeconds } = options.generation;
  const evaluation = await evaluatePolicy(sampler, weights, options.tokenizer, benchmark.prompts, benchmark.reward, {
    samples: benchmark.samples,
    temperature,
    topP: benchmark.topP,
    seed,
    maxCompletionTokens: benchmark.maxCompletionTokens,
    stopIds: options.generation.stopIds,
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    ...(stop === undefined ? {} : { signal: stop }),
    onDidProgress: (done, total) => {
      events.onDidProgress('evaluating', done, total);
    },
  });
  if (evaluation.failures.length > 0) events.onDidFailToJudge?.(learner.state.step, evaluation.failures);
  const { policy } = options.step;
  const startsAtBase = policy.startsFrom === undefined && policy.adapter.isIdentityAtStart(policy.adapterConfig);
  if (startsAtBase && learner.state.step === 0) return { benchmark, evaluation };
  const { completions } = evaluation;
  const divergence = await evaluationDivergence(learner, completions, temperature, options.microBatchTokens);
  return { benchmark, evaluation, ...(divergence && { divergence }) };
}
