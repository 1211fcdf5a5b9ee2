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
  /** [R, 1], or [R, T] where they are of tokens. */
  readonly advantages: tf.Tensor2D;
}

/** One importance ratio per token, or one per sequence: the geometric mean of its tokens' or their product. */
export type RatioLevel = PolicyOptions['importance_sampling_level'] | 'product';

/**
 * rho = exp(logp - old) of each token (PPO, arXiv 1707.06347), or exp of its mean over the sequence's active tokens (GSPO,
 * arXiv 2507.18071), or of its sum over them.
 */
export function policyTerms(level: RatioLevel, batch: PolicyBatch): PolicyTerms {
  const logRatio = tf.sub<tf.Tensor2D>(batch.logps, batch.oldLogps);
  const logRatioOf: Readonly<Record<RatioLevel, () => tf.Tensor2D>> = {
    token: () => logRatio,
    sequence: () => meanOverSequence(logRatio, batch),
    product: () => sumOverSequence(logRatio, batch),
  };
  return {
    batch,
    isPerSequence: level !== 'token',
    ratio: tf.exp(logRatioOf[level]()),
    advantages: advantagesOf(batch),
  };
}

/** Advantages of tokens [R, T] where there are such, else of sequences [R, 1]. */
export function advantagesOf(batch: PolicyBatch): tf.Tensor2D {
  return batch.tokenAdvantages ?? tf.expandDims(batch.advantages, 1);
}

/** Sum of x [R, T] over each sequence's active tokens: [R, 1]. */
export function sumOverSequence(x: tf.Tensor2D, batch: PolicyBatch): tf.Tensor2D {
  return tf.sum(tf.mul(x, batch.mask), 1, true);
}

/** Mean of x [R, T] over each sequence's active tokens, 0 where it has none: [R, 1]. */
export function meanOverSequence(x: tf.Tensor2D, batch: PolicyBatch): tf.Tensor2D {
  return tf.div(sumOverSequence(x, batch), tf.maximum(tokensPerSequence(batch), 1));
}
