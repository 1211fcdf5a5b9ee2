import type { RewardFunction } from '../contracts/reward.ts';
import { RlvrError } from '../errors.ts';
import type { Tokenizer } from '../model/tokenizer.ts';
import { randomStream } from '../tensor/random.ts';
import type { Prompt } from './prompts.ts';
import type { Completion, Sampler, WeightFeeds } from './rollout.ts';
import { plainSampling } from './sampling.ts';
import { bootstrapInterval, passAtK, wilsonInterval, type Interval } from './statistics.ts';

/** How accuracy is measured. */
export interface EvaluationOptions {
  readonly samples: number;
  /** 0: greedy. */
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  readonly maxCompletionTokens: number;
  readonly stopIds: readonly number[];
  readonly onDidProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** One judged completion of an evaluation. */
export interface EvaluatedCompletion {
  readonly prompt: Prompt;
  readonly text: string;
  readonly completion: Completion;
  /** Undefined where the reference cannot be judged. */
  readonly correct: boolean | undefined;
}

/** Accuracy over problems, with its 95 % interval (bootstrap over problems). */
export interface Evaluation {
  /** Mean over problems of the share of correct samples (avg@k). */
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
  readonly problems: number;
  readonly samples: number;
  /** Unbiased pass@k for each power of two up to the number of samples. */
  readonly passAtK: Readonly<Record<string, number>>;
  /** Problems whose reference could not be judged; they are left out. */
  readonly unjudged: number;
  readonly meanTokens: number;
  readonly completions: readonly EvaluatedCompletion[];
}

/** Completions decoded at once; more would need more memory for the cache. */
const batchRows = 256;

/** Samples completions for every prompt and judges them with `reward`: a completion is correct where its reward is 1. */
export async function evaluatePolicy(
  sampler: Sampler,
  weights: WeightFeeds,
  tokenizer: Tokenizer,
  prompts: readonly Prompt[],
  reward: RewardFunction,
  options: EvaluationOptions,
): Promise<Evaluation> {
  const rows = prompts.flatMap((_, problem) =>
    Array.from({ length: options.samples }, (_s, sample) => ({ problem, sample })),
  );
  const evaluated: EvaluatedCompletion[] = [];
  for (let first = 0; first < rows.length; first += batchRows) {
    const part = rows.slice(first, first + batchRows);
    const problems = [...new Set(part.map((row) => row.problem))];
    const completions = await sampler.generate(weights, {
      prompts: problems.map((problem) => prompts[problem]?.ids ?? []),
      rows: part.map(({ problem, sample }) => ({
        prompt: problems.indexOf(problem),
        random: randomStream(options.seed, 'evaluation', problem, sample),
      })),
      maxTokens: options.maxCompletionTokens,
      minTokens: 0,
      stopIds: options.stopIds,
      sampling: plainSampling(options.temperature, options.topP),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    for (const [i, completion] of completions.entries()) {
      const prompt = prompts[part[i]?.problem ?? 0];
      if (prompt !== undefined) evaluated.push(await judge(prompt, completion, tokenizer, reward, options));
    }
    options.onDidProgress?.(Math.min(first + batchRows, rows.length), rows.length);
  }
  return summarise(evaluated, options);
}

async function judge(
  prompt: Prompt,
  completion: Completion,
  tokenizer: Tokenizer,
  reward: RewardFunction,
  options: EvaluationOptions,
): Promise<EvaluatedCompletion> {
  const text = tokenizer.decode(completion.ids, { skipSpecialTokens: true });
  const { value } = await reward({
    prompt: prompt.text,
    completion: text,
    completionIds: completion.ids,
    finished: completion.finished,
    reference: prompt.problem.reference,
    maxCompletionTokens: options.maxCompletionTokens,
  });
  return { prompt, text, completion, correct: value === undefined ? undefined : value >= 1 };
}

/**
 * Mean over problems of a share, with its 95 % interval: bootstrapped over problems, or Wilson's where every problem has 0 or every problem
 * has 1, since resamples of equal values would pretend to be certain.
 */
export function accuracyInterval(shares: readonly number[], seed: number): Interval {
  const [first] = shares;
  if ((first === 0 || first === 1) && shares.every((share) => share === first)) {
    return wilsonInterval(first * shares.length, shares.length);
  }
  return bootstrapInterval(shares, { seed, resamples: 2000, level: 0.95 });
}

function summarise(evaluated: readonly EvaluatedCompletion[], options: EvaluationOptions): Evaluation {
  const byProblem = new Map<Prompt, boolean[]>();
  for (const { prompt, correct } of evaluated) {
    const known = byProblem.get(prompt) ?? [];
    if (correct !== undefined) known.push(correct);
    byProblem.set(prompt, known);
  }
  const judged = [...byProblem.values()].filter((samples) => samples.length > 0);
  if (judged.length === 0) {
    throw new RlvrError(
      'dataset/invalid',
      `The reward could judge none of the ${byProblem.size} problems: their references are not of the kind that it compares with.`,
      { problems: byProblem.size },
    );
  }
  const counts = judged.map((samples) => ({ n: samples.length, c: samples.filter(Boolean).length }));
  const accuracies = counts.map(({ n, c }) => c / n);
  const interval = accuracyInterval(accuracies, options.seed);
  const ks = [1, 2, 4, 8, 16, 32, 64, 128].filter((k) => k <= options.samples);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
  return {
    accuracy: mean(accuracies),
    low: interval.low,
    high: interval.high,
    problems: judged.length,
    samples: options.samples,
    passAtK: Object.fromEntries(
      ks.map((k) => [String(k), mean(counts.filter(({ n }) => n >= k).map(({ n, c }) => passAtK(n, c, k)))]),
    ),
    unjudged: byProblem.size - judged.length,
    meanTokens: mean(evaluated.map(({ completion }) => completion.ids.length)),
    completions: evaluated,
  };
}
