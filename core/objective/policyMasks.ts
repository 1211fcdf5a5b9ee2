import type { PolicyBatch } from '../contracts/objective.ts';
import { tf } from '../tensor/tf.ts';
import { indicator } from './metricSums.ts';
import type { PolicyOptions } from './policyOptions.ts';
import { advantagesOf, meanOverSequence } from './policyTerms.ts';
import { maskedQuantile } from './quantile.ts';
import { withoutGradient } from '../tensor/ops/withoutGradient.ts';

/**
 * 1 for sequences (with advantages of tokens, for tokens) that are kept, [R, 1] or [R, T]: those with A >= 0, or whose log-probability has
 * on average fallen by at most the threshold since they were sampled (DeepSeek-V3.2, arXiv 2512.02556, eq. 9). Undefined where no threshold
 * is set.
 */
export function offPolicyMask(
  options: Pick<PolicyOptions, 'off_policy_mask_threshold'>,
  batch: PolicyBatch,
): tf.Tensor2D | undefined {
  const threshold = options.off_policy_mask_threshold;
  if (typeof threshold !== 'number') return undefined;
  return withoutGradient([batch.logps], (logps) => {
    const drift = meanOverSequence(tf.sub(batch.samplingLogps, logps), batch);
    const isGood = tf.greaterEqual<tf.Tensor2D>(advantagesOf(batch), 0);
    return indicator(tf.logicalOr(isGood, tf.lessEqual<tf.Tensor2D>(drift, threshold)));
  });
}

/**
 * 1 for the active tokens whose entropy is among the highest `top_entropy_quantile` of this micro-batch (arXiv 2506.01939), [R, T].
 * Undefined where all take part.
 */
export function topEntropyMask(
  options: Pick<PolicyOptions, 'top_entropy_quantile'>,
  batch: PolicyBatch,
): tf.Tensor2D | undefined {
  const share = options.top_entropy_quantile;
  if (share === 1) return undefined;
  return withoutGradient([batch.entropies], (entropies) => {
    const threshold = maskedQuantile(entropies, batch.mask, batch.counts.localTokens, 1 - share);
    return tf.mul<tf.Tensor2D>(indicator(tf.greaterEqual(entropies, threshold)), batch.mask);
  });
}
