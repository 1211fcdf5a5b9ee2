import type { PolicyBatch } from '../contracts/objective.ts';
import { tf } from '../tensor/tf.ts';
import { tokensPerSequence } from './metricSums.ts';
import type { PolicyOptions } from './policyOptions.ts';

/** What a token loss is made of. */
export interface PolicyTerms {
  readonly batch: PolicyBatch;
  /** Whether there is one ratio per sequence. */
  readonly isPerSequence: boolean;
  /** Importance ratio of the current to the old policy, with its gradient: [R, T], or [R, 1] when it is per sequence. */
  readonly ratio: tf.Tensor2D;
  /** [R, 1] */
  readonly advantages: tf.Tensor2D;
}

/**
 * rho = exp(logp - old) of each token (PPO, arXiv 1707.06347), or exp of its mean over the sequence's active tokens (GSPO,
 * arXiv 2507.18071).
 */
export function policyTerms(
  options: Pick<PolicyOptions, 'importance_sampling_level'>,
  batch: PolicyBatch,
): PolicyTerms {
  const isPerSequence = options.importance_sampling_level === 'sequence';
  const logRatio = tf.sub<tf.Tensor2D>(batch.logps, batch.oldLogps);
  const ratio = tf.exp(isPerSequence ? meanOverSequence(logRatio, batch) : logRatio);
  return { batch, isPerSequence, ratio, advantages: tf.expandDims(batch.advantages, 1) };
}

/** Mean of x [R, T] over each sequence's active tokens, 0 where it has none: [R, 1]. */
export function meanOverSequence(x: tf.Tensor2D, batch: PolicyBatch): tf.Tensor2D {
  const sum = tf.sum<tf.Tensor2D>(tf.mul(x, batch.mask), 1, true);
  return tf.div(sum, tf.maximum(tokensPerSequence(batch), 1));
}
