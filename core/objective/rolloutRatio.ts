import type { PolicyBatch } from '../contracts/objective.ts';
import { tf } from '../tensor/tf.ts';
import { LARGEST_FLOAT32 } from './float32.ts';
import type { PolicyOptions } from './policyOptions.ts';
import { withoutGradient } from '../tensor/ops/withoutGradient.ts';

/**
 * Ratio of the old policy to the distribution that was sampled, [R, T] or, per sequence, [R, 1]: bounded (`truncate`) or 0 outside of the
 * bounds (`mask`). It corrects for a sampler whose numbers differ from the trainer's; TRL's `vllm_importance_sampling_mode`. Undefined
 * where there is no correction.
 */
export function rolloutRatio(
  options: Pick<PolicyOptions, 'rollout_correction' | 'rollout_clip_min' | 'rollout_clip_max'>,
  batch: PolicyBatch,
): tf.Tensor2D | undefined {
  const mode = options.rollout_correction;
  if (mode === 'none') return undefined;
  const least = options.rollout_clip_min ?? 0;
  const largest = options.rollout_clip_max ?? LARGEST_FLOAT32;
  return withoutGradient([batch.oldLogps, batch.samplingLogps], (oldLogps, samplingLogps) => {
    const difference = tf.mul<tf.Tensor2D>(tf.sub(oldLogps, samplingLogps), batch.mask);
    const isPerSequence = mode === 'sequence_truncate' || mode === 'sequence_mask';
    const ratio = tf.exp(isPerSequence ? tf.sum<tf.Tensor2D>(difference, 1, true) : difference);
    if (mode === 'token_truncate' || mode === 'sequence_truncate') return tf.clipByValue(ratio, least, largest);
    const isWithin = tf.logicalAnd<tf.Tensor2D>(tf.greaterEqual(ratio, least), tf.lessEqual(ratio, largest));
    // Chosen, not multiplied: an infinite ratio times 0 is not a number.
    return tf.where(isWithin, ratio, tf.zerosLike(ratio));
  });
}
