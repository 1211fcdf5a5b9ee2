import type { RewardFunction, RewardScore } from '../contracts/reward.ts';
import type { Tokenizer } from '../model/tokenizer.ts';
import { randomStream } from '../tensor/random.ts';
import { groupAdvantages, type AdvantageResult, type GroupAdvantageOptions } from './advantage.ts';
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
}

/** One sampled and judged completion. */
export interface JudgedCompletion {
  readonly prompt: Prompt;
  readonly completion: Completion;
  readonly text: string;
  /** One per reward. */
  readonly scores: readonly RewardScore[];
  readonly advantage: number;
}

/** A generation batch: groups of completions, in order. */
export interface Generation {
  readonly rows: readonly JudgedCompletion[];
  readonly advantages: AdvantageResult;
  readonly seconds: number;
}

/** Samples `groupSize` completions for each prompt and turns their rewards into advantages. The random numbers depend on seed, index and row alone. */
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
  const judged = await Promise.all(
    completions.map(async (completion) => {
      const prompt = prompts[completion.prompt] as Prompt;
      const text = tokenizer.decode(completion.ids, { skipSpecialTokens: true });
      const sample = {
        prompt: prompt.text,
        completion: text,
        completionIds: completion.ids,
        finished: completion.finished,
        reference: prompt.problem.reference,
        maxCompletionTokens: options.maxTokens,
      };
      return { prompt, completion, text, scores: await Promise.all(options.rewards.map(({ score }) => score(sample))) };
    }),
  );
  const advantages = groupAdvantages(
    {
      rewards: judged.map(({ scores }) => scores.map(({ value }) => value ?? NaN)),
      weights: options.rewards.map(({ weight }) => weight),
      groupSize: options.groupSize,
    },
    options.advantages,
  );
  return { rows: judged.map((row, i) => ({ ...row, advantage: advantages.advantages[i] ?? 0 })), advantages, seconds };
}

/** The reward and completion metrics of a generation batch. */
export function generationMetrics(
  { rows, advantages, seconds }: Generation,
  rewards: readonly WeightedReward[],
): Record<string, number> {
  const totals = [...advantages.rewards].filter(Number.isFinite);
  const lengths = rows.map(({ completion }) => completion.ids.length);
  const finished = rows.filter(({ completion }) => completion.finished).map(({ completion }) => completion.ids.length);
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const perReward = rewards.map(({ name }, i): [string, number] => {
    return [`reward/${name}/mean`, mean(rows.map(({ scores }) => scores[i]?.value ?? NaN).filter(Number.isFinite))];
  });
  return {
    'reward/mean': mean(totals),
    'reward/std': deviation(totals),
    ...Object.fromEntries(perReward),
    'reward/unjudged': 1 - totals.length / rows.length,
    'reward/zero_variance_groups': advantages.zeroSpread,
    'completion/length_mean': mean(lengths),
    'completion/length_min': Math.min(...lengths),
    'completion/length_max': Math.max(...lengths),
    'completion/terminated_length_mean': mean(finished),
    'completion/truncated': 1 - finished.length / rows.length,
    entropy: rows.reduce((sum, { completion }) => sum + completion.entropy, 0) / Math.max(tokens, 1),
    'rollout/tokens': tokens,
    'rollout/tokens_per_second': tokens / seconds,
    'time/rollout': seconds,
  };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}
