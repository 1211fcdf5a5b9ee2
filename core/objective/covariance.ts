import { withoutGradient } from '../tensor/ops/withoutGradient.ts';
import { tf } from '../tensor/tf.ts';
import { tokenSum } from './metricSums.ts';
import type { PolicyTerms } from './policyTerms.ts';

/**
 * What each token adds to the covariance of advantage and log-probability over the active tokens of the micro-batch, without gradient:
 * (A - mean A) (logp - mean logp), [R, T]. Tokens that raise it lower the entropy of the policy (arXiv 2505.22617, equations 10 and 11).
 */
export function tokenCovariance({ batch, advantages }: PolicyTerms): tf.Tensor2D {
  return withoutGradient([batch.logps], (logps) => {
    const tokens = tf.maximum<tf.Scalar>(batch.counts.localTokens, 1);
    const centred = (values: tf.Tensor2D): tf.Tensor2D => tf.sub(values, tf.div(tokenSum(values, batch), tokens));
    return tf.mul(centred(advantages), centred(logps));
  });
}
