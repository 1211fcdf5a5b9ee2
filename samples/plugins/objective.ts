import { z } from 'zod';
import type { Objective } from 'rlvr-lab/contracts/objective';
import { tf } from 'rlvr-lab/tensor/tf';

/** What a user writes under `objective:`, with defaults. An unknown key is refused by name. */
const schema = z.strictObject({
  epsilon: z
    .number()
    .positive()
    .default(0.2)
    .describe('The ratio of probabilities acts between 1 - epsilon and 1 + epsilon'),
});

type Config = z.output<typeof schema>;

/** my_objective: the clipped surrogate of PPO over tokens, divided by the tokens of the whole generation batch. */
export const objective: Objective<Config> = {
  id: 'my_objective',
  summary: 'Clipped surrogate, mean over the tokens of the generation batch',
  source: 'PPO, arXiv 1707.06347; written for this project',
  config: schema,
  // What the sampler and the trainer have to do for it.
  requirements: () => ({ advantage: 'group', rollouts: true, beta: 0, skipsZeroAdvantage: true, minimumGroupSize: 2 }),
  // R sequences of at most T tokens, both unknown while this is traced: counts are tensors, never numbers from a shape.
  loss({ epsilon }, { logps, oldLogps, mask, advantages, counts }) {
    // Padding holds anything; it must reach neither the loss nor a gradient.
    const isActive = tf.greater(mask, 0);
    const difference = tf.where(isActive, tf.sub(logps, oldLogps), tf.zerosLike(logps));
    const ratio = tf.exp(difference);
    const weights = tf.expandDims(advantages, 1);
    const free = tf.mul(ratio, weights);
    const clipped = tf.mul(tf.clipByValue(ratio, 1 - epsilon, 1 + epsilon), weights);
    const surrogate = tf.mul(tf.minimum(free, clipped), mask);
    const loss = tf.div<tf.Scalar>(tf.neg(tf.sum(surrogate)), tf.maximum(counts.globalTokens, 1));
    const isClipped = tf.mul(tf.cast(tf.less(clipped, free), 'float32'), mask);
    return { loss, metrics: { 'policy/clipped': { sum: tf.sum(isClipped), weight: counts.localTokens } } };
  },
};
