import type { Split } from '../contracts/dataset.ts';
import type { RewardFunction } from '../contracts/reward.ts';
import type { Divergence } from './evaluationDivergence.ts';
import type { Evaluation } from './evaluate.ts';
import type { Prompt } from './prompts.ts';

/** Why accuracy is measured on a set of problems: they are like those that are trained on, another family, or a benchmark by itself. */
export type BenchmarkRole = 'trained' | 'watched' | 'benchmark';

/** Problems that accuracy is measured on, and how. */
export interface Benchmark {
  /** Unique in a run. */
  readonly name: string;
  readonly role: BenchmarkRole;
  readonly split: Exclude<Split, 'train'>;
  /** Of the data set. */
  readonly hash: string;
  readonly prompts: readonly Prompt[];
  /** Completions for each problem. */
  readonly samples: number;
  /** 0: greedy. */
  readonly temperature: number;
  readonly topP: number;
  readonly maxCompletionTokens: number;
  /** Says whether an answer is right: where the value is 1. */
  readonly reward: RewardFunction;
}

/** What a benchmark came to at one moment of a run. */
export interface Measurement {
  readonly benchmark: Benchmark;
  readonly evaluation: Evaluation;
  /** Of the policy from the base, on the evaluation's completions; missing where the policy is the base. */
  readonly divergence?: Divergence;
}
