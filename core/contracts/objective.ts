import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { PluginDescription } from './plugin.ts';

/**
 * One micro-batch as the loss sees it. R sequences, T the longest completion among them. R and T are symbolic while tracing: a loss must
 * never turn a shape into a number; the counts it needs are scalars here.
 */
export interface PolicyBatch {
  /** Log-probability of each completion token under the current policy, carries the gradient. [R, T] */
  readonly logps: Tensor2D;
  /** The same under the policy that the ratio starts from. [R, T] */
  readonly oldLogps: Tensor2D;
  /** Under the reference policy; there only when `beta` is not 0. [R, T] */
  readonly referenceLogps?: Tensor2D;
  /** Under the distribution that was sampled. [R, T] */
  readonly samplingLogps: Tensor2D;
  /** Entropy of the current policy at each token, in nats; carries the gradient. [R, T] */
  readonly entropies: Tensor2D;
  /** 1 on completion tokens, 0 on padding and on masked rows. [R, T] */
  readonly mask: Tensor2D;
  /** One for each sequence, [R]. */
  readonly advantages: Tensor1D;
  /** One for each token, [R, T]; there where the estimator gives these (`global`). Those of a sequence then average to its `advantages`. */
  readonly tokenAdvantages?: Tensor2D;
  readonly counts: PolicyCounts;
  /** The objective's own state, by name; there where the objective has one. */
  readonly state?: Readonly<Record<string, Scalar>>;
}

/** Counts of a micro-batch and of what it is part of. */
export interface PolicyCounts {
  /** R, padding rows excluded. */
  readonly rows: Scalar;
  /** Active tokens of this micro-batch. */
  readonly localTokens: Scalar;
  /** Active tokens of the whole generation batch. */
  readonly globalTokens: Scalar;
  /** Sequences of the optimizer step to which this micro-batch belongs. */
  readonly stepRows: Scalar;
  /** Optimizer steps per generation batch. */
  readonly stepsPerGeneration: Scalar;
  /** Micro-batches per optimizer step. */
  readonly accumulation: Scalar;
  readonly maxCompletionTokens: Scalar;
}

/** A loss with the sums its metrics are made of. */
export interface ObjectiveResult {
  /** To be summed over the micro-batches of a step. */
  readonly loss: Scalar;
  /**
   * Sums and their weights: a metric is `sum / weight` over all micro-batches of a step; one whose name ends with `_min` or `_max` is the
   * extreme of the micro-batches' own.
   */
  readonly metrics: Readonly<Record<string, { readonly sum: Scalar; readonly weight: Scalar }>>;
}

/**
 * How an objective turns rewards into advantages: relative to the group's mean (`group`), to the mean of the group's others (`rloo`), to
 * the mean over all tokens of the generation batch, one for each token (`global`), or 1 for every demonstration (`supervised`).
 */
export type AdvantageEstimator = 'group' | 'rloo' | 'global' | 'supervised';

/**
 * Estimates of the KL from the reference policy at a token, of d = log-probability under the reference minus that under the policy: -d
 * (k1), |d| (abs), d^2 / 2 (k2), exp(d) - d - 1 (k3). J. Schulman: Approximating KL divergence, 2020.
 */
export type KlEstimator = 'k1' | 'abs' | 'k2' | 'k3';

/** What an objective wants of its advantages beyond the estimator. What does not concern the estimator is not read. */
export interface AdvantageDetails {
  /** The KL that is taken out of the reward (`rloo`, `global`); the reference policy is then run. Left out: none. */
  readonly rewardKl?: { readonly beta: number; readonly estimator: KlEstimator };
  /** Bounds of each completion's weighted reward (`rloo`, `global`). */
  readonly rewardClipRange?: readonly [low: number, high: number];
  /** Whether they are normalised over the batch in the end (`rloo`). */
  readonly normalizes?: boolean;
  /** What is taken off each reward first (`global`): the mean of its group, or nothing. */
  readonly baseline?: 'group' | 'none';
  /** Whether they grow by what groups without spread leave idle: rows / rows of groups with spread (`group`). */
  readonly compensatesIdleGroups?: boolean;
}

/** What an objective asks of the sampler and the trainer. */
export interface ObjectiveRequirements {
  readonly advantage: AdvantageEstimator;
  readonly advantageDetails?: AdvantageDetails;
  /** Whether it needs completions sampled from the policy (false for supervised fine-tuning). */
  readonly rollouts: boolean;
  /** Weight of the KL term in the loss; 0: the loss reads no reference policy. */
  readonly beta: number;
  /** Whether a row of advantage 0 has no gradient, so that it need not be computed (no KL, no entropy bonus, no mask over the batch). */
  readonly skipsZeroAdvantage: boolean;
  /** Smallest group it makes sense for. */
  readonly minimumGroupSize: number;
}

/**
 * Numbers that an objective carries from one optimizer step to the next (an adaptive entropy coefficient). They are fed to the loss as
 * scalars and kept in checkpoints.
 */
export interface ObjectiveState<Config> {
  /** Before the first step; empty where this configuration needs none. */
  initial(config: Config): Readonly<Record<string, number>>;
  /** After an optimizer step, from the step's metrics (`sum / weight`). */
  next(
    config: Config,
    state: Readonly<Record<string, number>>,
    metrics: Readonly<Record<string, number>>,
  ): Readonly<Record<string, number>>;
}

/** A policy loss: GRPO, Dr. GRPO, DAPO, ..., or supervised fine-tuning. */
export interface Objective<Config = unknown> extends PluginDescription<Config> {
  requirements(config: Config): ObjectiveRequirements;
  readonly state?: ObjectiveState<Config>;
  /**
   * Whether the loss takes the importance ratio as a weight through which no gradient flows (CISPO): its gradient is then the slope that
   * it has while the ratio stays as it is. False where left out.
   */
  readonly holdsRatio?: boolean;
  loss(config: Config, batch: PolicyBatch): ObjectiveResult;
}

/** Container token of the contract of the same name; every plugin of the kind is bound to it. */
export const Objective = Symbol.for('rlvr-lab.Objective');
