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
export type RewardFunction = (sample: RewardSample) => RewardScore | Promise<RewardScore>;

/** A way to score completions without a model: `(prompt, completion, reference) -> number | undefined`. */
export interface Reward<Config = unknown> extends PluginDescription<Config> {
  /** Whether 1 means that the answer is right: accuracy is measured with the first such reward of an experiment. */
  readonly isVerifier?: boolean;
  create(config: Config): RewardFunction;
}

/** Container token of the contract of the same name; every plugin of the kind is bound to it. */
export const Reward = Symbol.for('rlvr-lab.Reward');
