import type { RewardFunction, RewardSample, RewardScore } from '../contracts/reward.ts';
import type { Tokenizer } from '../model/tokenizer.ts';
import { randomStream } from '../tensor/random.ts';
import { lengthMetrics, rewardMetrics, type AdvantageResult, type GroupAdvantageOptions } from './advantage.ts';
import { everyRewardFailed, judgeSamples, type RewardFailure } from './judge.ts';
import type { TrainingRow } from './microBatch.ts';
import type { Prompt } from './prompts.ts';
import type { Completion, Sampler, WeightFeeds } from './rollout.ts';
import type { SamplingOptions } from './sampling.ts';

/** A reward as an experiment uses it. */
export interface WeightedReward {
  /** Unique among the experiment's rewards; names its columns and metrics. */
  readonly name: string;
  readonly weight: number;
  readonly score: RewardFunction;
}

/** How a generation batch is sampled and judged. */
export interface GenerationOptions {
  readonly groupSize: number;
  readonly maxTokens: number;
  readonly minTokens: number;
  readonly stopIds: readonly number[];
  readonly sampling: SamplingOptions;
  readonly rewards: readonly WeightedReward[];
  readonly advantages: GroupAdvantageOptions;
  readonly seed: number;
  /** For one completion and one reward. */
  readonly timeoutSeconds?: number;
}

/** One sampled and scored completion. */
export interface ScoredCompletion {
  readonly prompt: Prompt;
  readonly completion: Completion;
  readonly text: string;
  /** One per reward. */
  readonly scores: readonly RewardScore[];
  /** Whether a reward failed on it: it is then masked, whatever the other rewards say. */
  readonly isFailed: boolean;
}

/** A completion with what its rewards come to. */
export interface JudgedCompletion extends ScoredCompletion {
  readonly advantage: number;
}

/** A generation batch: groups of completions, in order. */
export interface Generation {
  readonly rows: readonly ScoredCompletion[];
  readonly failures: readonly RewardFailure[];
  /** Of sampling. */
  readonly seconds: number;
  readonly judgingSeconds: number;
}

/**
 * Samples `groupSize` completions for each prompt and scores them. The random numbers depend on seed, index and row alone.
 *
 * @throws RlvrError `reward/failed` where the rewards failed on all completions
 */
export async function generateBatch(
  sampler: Sampler,
  weights: WeightFeeds,
  tokenizer: Tokenizer,
  prompts: readonly Prompt[],
  index: number,
  options: GenerationOptions & {
    readonly signal?: AbortSignal;
    readonly onDidDecode?: (tokens: number, running: number) => void;
  },
): Promise<Generation> {
  const started = performance.now();
  const promptOf = prompts.flatMap((_, prompt) => Array<number>(options.groupSize).fill(prompt));
  const completions = await sampler.generate(weights, {
    prompts: prompts.map(({ ids }) => ids),
    rows: promptOf.map((prompt, row) => ({ prompt, random: randomStream(options.seed, 'rollout', index, row) })),
    maxTokens: options.maxTokens,
    minTokens: options.minTokens,
    stopIds: options.stopIds,
    sampling: options.sampling,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onDidDecode: ({ tokens, running }) => options.onDidDecode?.(tokens, running),
  });
  const seconds = (performance.now() - started) / 1000;
  const texts = completions.map(({ ids }) => tokenizer.decode(ids, { skipSpecialTokens: true }));
  const samples = completions.map((completion, row): RewardSample => {
    const prompt = prompts[completion.prompt] as Prompt;
    return {
      prompt: prompt.text,
      completion: texts[row] ?? '',
      completionIds: completion.ids,
      finished: completion.finished,
      reference: prompt.problem.reference,
      maxCompletionTokens: options.maxTokens,
    };
  });
  const { scores, failures } = await judgeSamples(samples, options.rewards, options);
  const failed = new Set(failures.map(({ row }) => row));
  if (failed.size === completions.length) throw everyRewardFailed(completions.length, failures);
  const rows = completions.map((completion, row): ScoredCompletion => ({
    prompt: prompts[completion.prompt] as Prompt,
    completion,
    text: texts[row] ?? '',
    scores: scores[row] ?? [],
    isFailed: failed.has(row),
  }));
  return { rows, failures, seconds, judgingSeconds: (performance.now() - started) / 1000 - seconds };
}

/** The reward and completion metrics of a generation batch; `rows` says which completions take part in the loss. */
export function generationMetrics(
  { rows: judged, failures, seconds, judgingSeconds }: Generation,
  advantages: AdvantageResult,
  rewards: readonly WeightedReward[],
  rows: readonly Pick<TrainingRow, 'active'>[],
): Record<string, number> {
  const lengths = judged.map(({ completion }) => completion.ids.length);
  const finished = judged.map(({ completion }) => completion.finished);
  const length = lengthMetrics(lengths, finished);
  const names = rewards.map(({ name }) => name);
  const reward = rewardMetrics({ rewards: rewardTable(judged) }, names, advantages);
  const active = judged.filter((_, i) => rows[i]?.active === true);
  const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  const tokens = sumOf(lengths);
  return {
    'reward/mean': orZero(reward['reward']),
    'reward/std': orZero(reward['reward_std']),
    ...Object.fromEntries(
      names.flatMap((name) =>
        ['mean', 'std'].map((kind) => [`reward/${name}/${kind}`, orZero(reward[`rewards/${name}/${kind}`])]),
      ),
    ),
    'reward/unjudged': advantages.rewards.filter(Number.isNaN).length / judged.length,
    'reward/failures': failures.length,
    'reward/zero_variance_groups': orZero(reward['frac_reward_zero_std']),
    'completion/length_mean': orZero(length['completions/mean_length']),
    'completion/length_min': orZero(length['completions/min_length']),
    'completion/length_max': orZero(length['completions/max_length']),
    'completion/terminated_length_mean': orZero(length['completions/mean_terminated_length']),
    'completion/terminated_length_min': orZero(length['completions/min_terminated_length']),
    'completion/terminated_length_max': orZero(length['completions/max_terminated_length']),
    'completion/truncated': orZero(length['completions/clipped_ratio']),
    entropy:
      sumOf(active.map(({ completion }) => completion.entropy)) /
      Math.max(sumOf(active.map(({ completion }) => completion.ids.length)), 1),
    'rollout/tokens': tokens,
    'rollout/tokens_per_second': tokens / seconds,
    'time/rollout': seconds,
    'time/rewards': judgingSeconds,
  };
}

/** A metric without value, such as the spread of a single reward, is logged as 0; `reward/unjudged` tells how many rewards there are. */
function orZero(value: number | undefined): number {
  return value === undefined || Number.isNaN(value) ? 0 : value;
}

/** The rewards of each completion in the rewards' order; NaN where one gave none, or one of the completion's failed. */
export function rewardTable(
  judged: readonly Pick<ScoredCompletion, 'scores' | 'isFailed'>[],
): readonly (readonly number[])[] {
  return judged.map(({ scores, isFailed }) => scores.map(({ value }) => (isFailed ? NaN : (value ?? NaN))));
}
