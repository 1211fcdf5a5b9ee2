import { z } from 'zod';
import { clippedSurrogate } from '../../core/objective/clippedSurrogate.ts';
import { indicator, tokenMean, sequenceMean } from '../../core/objective/metricSums.ts';
import { policyObjective } from '../../core/objective/policyObjective.ts';
import { checkBounds, clipOptions, policyOptions } from '../../core/objective/policyOptions.ts';
import { reductionOption } from '../../core/objective/reductionOption.ts';
import { dependsOnMicroBatch, reductions } from '../../core/objective/reductions.ts';
import { tf } from '../../core/tensor/tf.ts';

const schema = z
  .strictObject({
    ...clipOptions,
    ...policyOptions,
    ...reductionOption,
    clip_ratio_c: z
      .number()
      .gt(1)
      .default(3)
      .describe('Where the advantage is below 0, the loss is at most this times -A'),
  })
  .check(checkBounds);

/**
 * Dual-clip PPO (equation 5): the clipped surrogate, and where A < 0 at most -c A, so that a token that has become much more likely than
 * it was does not dominate the loss. It is TRL's `delta` on the side of A < 0.
 */
export const dualClip = policyObjective({
  id: 'dual_clip',
  summary: 'Clipped surrogate, bounded also where the advantage is negative',
  source:
    'Mastering complex control in MOBA games, arXiv 1912.09729; as the vanilla policy loss of verl, clip_ratio_c 3',
  config: schema,
  tokenLoss: (config, terms) => {
    const surrogate = clippedSurrogate(config, terms);
    const isBad = tf.less<tf.Tensor2D>(terms.advantages, 0);
    const bound = tf.mul<tf.Tensor2D>(terms.advantages, -config.clip_ratio_c);
    const bounded = tf.minimum<tf.Tensor2D>(surrogate.value, bound);
    const isBound = indicator(tf.logicalAnd<tf.Tensor2D>(isBad, tf.greater(surrogate.value, bound)));
    const mean = terms.isPerSequence ? sequenceMean : tokenMean;
    return {
      value: tf.where<tf.Tensor2D>(isBad, bounded, surrogate.value),
      metrics: { ...surrogate.metrics, 'clip_ratio/dual_mean': mean(isBound, terms.batch) },
    };
  },
  reduction: ({ reduction }) => reductions[reduction],
  countsIdleRows: (config) => dependsOnMicroBatch(config),
});
