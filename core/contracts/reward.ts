import type { PluginDescription } from './plugin.ts';

/** One completion to be judged. */
export interface RewardSample {
  /** The prompt as the model saw it, decoded. */
  readonly prompt: string;
  /** The completion's text, special tokens removed. */
  readonly completion: string;
  readonly completionIds: readonly number[];
  /** Whether the completion ended by itself (a stop token) rather than at the length limit. */
  readonly finished: boolean;
  /** The data set's reference answer. */
  readonly reference: string;
  /** Longest completion allowed, in tokens. */
  readonly maxCompletionTokens: number;
}

/** A verdict. `undefined` means that this sample cannot be judged: it is masked, never counted as zero. */
export interface RewardScore {
  readonly value: number | undefined;
  /** Parts of the value by name, for the rollout browser. */
  readonly components?: Readonly<Record<string, number>>;
  /** Why, in words: what was extracted and which comparison decided. */
  readonly trace?: string;
}

/** Judges one completion; pure, so that the same completion always gets the same score. */
export interface RewardFunction {
  (sample: RewardSample): RewardScore | Promise<RewardScore>;
  /**
   * Whether it always answers, in a time that its own options bound once its turn has come: no other limit is put on it, which would count
   * the time that it waits for its turn.
   */
  readonly limitsItself?: boolean;
}

/** What a reward is made in. */
export interface RewardSurroundings {
  /** Where the relative paths of an experiment start, absolute. */
  readonly baseFolder: string;
}

/** A way to score completions without a model: `(prompt, completion, reference) -> number | undefined`. */
export interface Reward<Config = unknown> extends PluginDescription<Config> {
  /** Whether 1 means that the answer is right: accuracy is measured with the first such reward of an experiment. */
  readonly isVerifier?: boolean;
  /** Files that decide what it says, absolute; a run records their hash. */
  files?(config: Config, surroundings: RewardSurroundings): readonly string[];
  /** Without surroundings, relative paths start from the current folder. */
  create(config: Config, surroundings?: RewardSurroundings): RewardFunction;
}

/** Container token of the contract of the same name; every plugin of the kind is bound to it. */
export const Reward = Symbol.for('rlvr-lab.Reward');
