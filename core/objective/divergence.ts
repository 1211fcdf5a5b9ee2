import type { KlEstimator, PolicyBatch } from '../contracts/objective.ts';
import { RlvrError } from '../errors.ts';
import { tf } from '../tensor/tf.ts';
import { magnitude } from './magnitude.ts';
import type { PolicyOptions } from './policyOptions.ts';
import type { PolicyTerms } from './policyTerms.ts';

const estimates: Readonly<Record<KlEstimator, (difference: tf.Tensor2D) => tf.Tensor2D>> = {
  k1: (difference) => tf.neg(difference),
  abs: magnitude,
  k2: (difference) => tf.mul(tf.square(difference), 0.5),
  k3: (difference) => tf.sub(tf.sub(tf.exp(difference), difference), 1),
};

/**
 * The estimate of the KL from the reference policy at each token, [R, T] (J. Schulman, Approximating KL divergence, 2020); k3 is
 * exp(ref - logp) - (ref - logp) - 1. With `use_bias_correction_kl` it is multiplied by the importance ratio, through which the gradient
 * flows as well (DeepSeek-V3.2, arXiv 2512.02556).
 */
export function referenceDivergence(
  options: Pick<PolicyOptions, 'kl_estimator' | 'use_bias_correction_kl'>,
  terms: PolicyTerms,
): tf.Tensor2D {
  const difference = tf.sub<tf.Tensor2D>(referenceOf(terms.batch), terms.batch.logps);
  const estimate = estimates[options.kl_estimator](difference);
  return options.use_bias_correction_kl ? tf.mul(estimate, terms.ratio) : estimate;
}

function referenceOf(batch: PolicyBatch): tf.Tensor2D {
  if (batch.referenceLogps === undefined) {
    throw new RlvrError('training/invariant', 'beta is not 0, but no reference log-probabilities were computed.');
  }
  return batch.referenceLogps;
}
