import type { RewardFunction } from '../contracts/reward.ts';
import { RlvrError } from '../errors.ts';
import type { Tokenizer } from '../model/tokenizer.ts';
import { randomStream } from '../tensor/random.ts';
import { accuracyInterval } from './accuracyInterval.ts';
import { everyRewardFailed, judgeSamples, type ProblemFailure } from './judge.ts';
import { passTable, type PassShare } from './passTable.ts';
import type { Prompt } from './prompts.ts';
import type { Completion, Sampler, WeightFeeds } from './rollout.ts';
import { plainSampling } from './sampling.ts';

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
  /** For judging one completion. */
  readonly timeoutSeconds?: number;
}

/** One judged completion of an evaluation. */
export interface EvaluatedCompletion {
  readonly prompt: Prompt;
  readonly text: string;
  readonly completion: Completion;
  /** Undefined where the reference cannot be judged. */
  readonly correct: boolean | undefined;
}

/** What came of one problem. */
export interface ProblemOutcome {
  /** The problem's id in its data set. */
  readonly id: string;
  readonly family: string;
  /** Completions sampled. */
  readonly samples: number;
  /** Completions that could be judged. */
  readonly judged: number;
  readonly correct: number;
  /** Of all its completions. */
  readonly tokens: number;
}

/** Accuracy over problems, with its 95 % interval (bootstrap over problems). */
export interface Evaluation {
  /** Mean over problems of the share of correct samples (avg@k). */
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
  readonly problems: number;
  readonly samples: number;
  /** Unbiased pass@k for 1, 2, 4, ... and the number of samples. */
  readonly passes: readonly PassShare[];
  /** Problems whose reference could not be judged; they are left out. */
  readonly unjudged: number;
  readonly meanTokens: number;
  /** Share of completions that were cut off. */
  readonly truncated: number;
  /** In the order of the prompts. */
  readonly outcomes: readonly ProblemOutcome[];
  readonly completions: readonly EvaluatedCompletion[];
  /** Completions on which the reward failed; they count as not judged. */
  readonly failures: readonly ProblemFailure[];
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
  const failures: ProblemFailure[] = [];
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
    const asked = part.flatMap(({ problem }) => prompts[problem] ?? []);
    const judged = await judge(asked, completions, tokenizer, reward, options);
    evaluated.push(...judged.evaluated);
    failures.push(...judged.failures);
    options.onDidProgress?.(Math.min(first + batchRows, rows.length), rows.length);
  }
  return summarise(evaluated, failures, options);
}

async function judge(
  asked: readonly Prompt[],
  completions: readonly Completion[],
  tokenizer: Tokenizer,
  reward: RewardFunction,
  options: EvaluationOptions,
): Promise<{ readonly evaluated: readonly EvaluatedCompletion[]; readonly failures: readonly ProblemFailure[] }> {
  const rows = completions.map((completion, i) => {
    const prompt = asked[i] as Prompt;
    return { prompt, completion, text: tokenizer.decode(completion.ids, { skipSpecialTokens: true }) };
  });
  const samples = rows.map(({ prompt, completion, text }) => ({
    prompt: prompt.text,
    completion: text,
    completionIds: completion.ids,
    finished: completion.finished,
    reference: prompt.problem.reference,
    maxCompletionTokens: options.maxCompletionTokens,
  }));
  const { scores, failures } = await judgeSamples(samples, [{ name: 'of the evaluation', score: reward }], options);
  return {
    evaluated: rows.map((row, i) => {
      const value = scores[i]?.[0]?.value;
      return { ...row, correct: value === undefined ? undefined : value >= 1 };
    }),
    failures: failures.map(({ row, ...failure }) => ({ ...failure, problem: asked[row]?.problem.id ?? '' })),
  };
}

function outcomesOf(evaluated: readonly EvaluatedCompletion[]): readonly ProblemOutcome[] {
  const byProblem = new Map<Prompt, EvaluatedCompletion[]>();
  for (const own of evaluated) byProblem.set(own.prompt, [...(byProblem.get(own.prompt) ?? []), own]);
  return Array.from(byProblem, ([{ problem }, own]) => ({
    id: problem.id,
    family: problem.family,
    samples: own.length,
    judged: own.filter(({ correct }) => correct !== undefined).length,
    correct: own.filter(({ correct }) => correct === true).length,
    tokens: own.reduce((sum, { completion }) => sum + completion.ids.length, 0),
  }));
}

function summarise(
  evaluated: readonly EvaluatedCompletion[],
  failures: readonly ProblemFailure[],
  options: EvaluationOptions,
): Evaluation {
  const outcomes = outcomesOf(evaluated);
  const judged = outcomes.filter((outcome) => outcome.judged > 0);
  if (evaluated.length > 0 && failures.length === evaluated.length) {
    throw everyRewardFailed(
      evaluated.length,
      failures.map((failure, row) => ({ ...failure, row })),
    );
  }
  if (judged.length === 0) {
    throw new RlvrError(
      'dataset/invalid',
      `The reward could judge none of the ${outcomes.length} problems: their references are not of the kind that it compares with.`,
      { problems: outcomes.length },
    );
  }
  const accuracies = judged.map((outcome) => outcome.correct / outcome.judged);
  const interval = accuracyInterval(accuracies, options.seed);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
  return {
    accuracy: mean(accuracies),
    low: interval.low,
    high: interval.high,
    problems: judged.length,
    samples: options.samples,
    passes: passTable(outcomes, options.seed),
    unjudged: outcomes.length - judged.length,
    meanTokens: mean(evaluated.map(({ completion }) => completion.ids.length)),
    truncated: mean(evaluated.map(({ completion }) => (completion.finished ? 0 : 1))),
    outcomes,
    completions: evaluated,
    failures,
  };
}
