import { evaluatePolicy, type Evaluation } from './evaluate.ts';
import type { Prompt } from './prompts.ts';
import type { Sampler, WeightFeeds } from './rollout.ts';
import type { TrainerEvents, TrainerOptions } from './trainerOptions.ts';

/** An evaluation's moment in the run. */
export type EvaluationMoment = Parameters<TrainerEvents['onDidEvaluate']>[0];

/** What is evaluated: a run's options and its policy as it is now. */
export interface EvaluatedPolicy {
  readonly options: TrainerOptions;
  readonly events: TrainerEvents;
  readonly sampler: Sampler;
  readonly weights: WeightFeeds;
  /** Aborting it ends the evaluation at once, with `run/not-running`. */
  readonly stop?: AbortSignal;
}

/** Measures accuracy on `prompts` (and, before and after, on the watched families), reports it, and returns it as metrics. */
export async function evaluationMetrics(
  policy: EvaluatedPolicy,
  moment: EvaluationMoment,
  step: number,
  prompts: readonly Prompt[],
): Promise<Readonly<Record<string, number>>> {
  const started = performance.now();
  const measured = await evaluateOn(policy, prompts);
  const watched: Record<string, Evaluation> = {};
  if (moment !== 'during') {
    for (const [family, others] of Object.entries(policy.options.evaluation.watched))
      watched[family] = await evaluateOn(policy, others);
  }
  policy.events.onDidEvaluate(moment, step, measured, watched);
  return {
    ...accuracyMetrics('evaluation', measured),
    ...Object.fromEntries(
      Object.entries(watched).flatMap(([family, evaluation]) =>
        Object.entries(accuracyMetrics(`evaluation/${family}`, evaluation)),
      ),
    ),
    'time/evaluation': (performance.now() - started) / 1000,
  };
}

function accuracyMetrics(
  prefix: string,
  { accuracy, low, high, passAtK, meanTokens }: Evaluation,
): Record<string, number> {
  const passes = Object.entries(passAtK).map(([k, value]) => [`${prefix}/pass@${k}`, value] as const);
  return {
    [`${prefix}/accuracy`]: accuracy,
    [`${prefix}/low`]: low,
    [`${prefix}/high`]: high,
    [`${prefix}/tokens_mean`]: meanTokens,
    ...(passes.length > 1 ? Object.fromEntries(passes) : {}),
  };
}

function evaluateOn(
  { options, events, sampler, weights, stop }: EvaluatedPolicy,
  prompts: readonly Prompt[],
): Promise<Evaluation> {
  const plan = options.evaluation;
  return evaluatePolicy(sampler, weights, options.tokenizer, prompts, plan.reward, {
    samples: plan.samples,
    temperature: plan.temperature,
    topP: plan.topP,
    seed: plan.seed,
    maxCompletionTokens: options.generation.maxTokens,
    stopIds: options.generation.stopIds,
    ...(stop === undefined ? {} : { signal: stop }),
    onDidProgress: (done, total) => {
      events.onDidProgress('evaluating', done, total);
    },
  });
}
