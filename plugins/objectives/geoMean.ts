import { z } from 'zod';
import { clipMetrics } from '../../core/objective/clippedSurrogate.ts';
import { policyObjective } from '../../core/objective/policyObjective.ts';
import { checkBounds, clipOptions, policyOptions } from '../../core/objective/policyOptions.ts';
import { meanOverSequence } from '../../core/objective/policyTerms.ts';
import { meanOfSequenceMeans } from '../../core/objective/reductions.ts';
import { tf } from '../../core/tensor/tf.ts';

const schema = z
  .strictObject({
    ...policyOptions,
    epsilon: clipOptions.epsilon.default(0.4).describe('The log-ratio of a token is clipped at -epsilon'),
    epsilon_high: clipOptions.epsilon_high.describe(
      'The log-ratio of a token is clipped at epsilon_high; unset: epsilon',
    ),
  })
  .check(checkBounds);

/**
 * Geometric-mean policy optimization (equation 4): -A exp(mean over tokens of m) of each sequence, m the log-ratio x of a token or its
 * clip to [-epsilon, epsilon_high], whichever is worse for the sign of A: sign(A) m = min(sign(A) x, sign(A) clip(x)). The clip is per
 * token and wide, (e^-0.4, e^0.4) in the paper. Mean over sequences.
 */
export const geoMean = policyObjective({
  id: 'geo_mean',
  summary: 'Geometric mean of the clipped ratios of a sequence, mean over sequences (GMPO)',
  source: 'GMPO, arXiv 2507.20673; as policy loss geo_mean of verl (verl/trainer/ppo/core_algos.py)',
  config: schema,
  tokenLoss: (config, terms) => {
    const [low, high] = [-config.epsilon, config.epsilon_high ?? config.epsilon];
    const { batch, advantages } = terms;
    const logRatio = tf.sub<tf.Tensor2D>(batch.logps, batch.oldLogps);
    const clipped = tf.clipByValue(logRatio, low, high);
    const sign = tf.sign<tf.Tensor2D>(advantages);
    const worse = tf.mul<tf.Tensor2D>(sign, tf.minimum(tf.mul(sign, logRatio), tf.mul(sign, clipped)));
    const ratio = tf.exp<tf.Tensor2D>(meanOverSequence(worse, batch));
    return {
      value: tf.neg(tf.mul(ratio, advantages)),
      metrics: clipMetrics({ ...terms, isPerSequence: false }, logRatio, low, high),
    };
  },
  reduction: () => meanOfSequenceMeans,
});
