import { z } from 'zod';
import type { Optimizer } from 'rlvr-lab/contracts/optimizer';
import { groupOptions, settingsOf } from 'rlvr-lab/optimizer/parameterGroups';
import { tf } from 'rlvr-lab/tensor/tf';

/** What a user writes under `optimizer:`. `groupOptions` are weight decay and settings for groups of parameters. */
const schema = z.strictObject({
  beta: z.number().min(0).lt(1).default(0.9).describe('How much of the momentum is kept'),
  ...groupOptions,
});

type Config = z.output<typeof schema>;

/** my_optimizer: the sign of a momentum, m <- beta m + (1 - beta) g, w <- w - rate sign(m). */
export const optimizer: Optimizer<Config> = {
  id: 'my_optimizer',
  summary: 'Moves every value by the learning rate, against the sign of its momentum',
  source: 'written for this project',
  config: schema,
  // Tensors that are kept for each parameter, in checkpoints too. They start at zero.
  slots: (_config, { shape }) => [{ name: 'momentum', shape }],
  // Traced once into the graph of a training step. The learning rate is a tensor, since it changes from step to step.
  update: (config, parameters, { learningRate }) =>
    parameters.map(({ spec, value, gradient, slots }) => {
      const { weightDecay, learningRateScale } = settingsOf(config, spec);
      const rate = tf.mul(learningRate, learningRateScale);
      const momentum = tf.add(tf.mul(slots['momentum']!, config.beta), tf.mul(gradient, 1 - config.beta));
      const decayed = weightDecay === 0 ? value : tf.sub(value, tf.mul(tf.mul(value, weightDecay), rate));
      return { value: tf.sub(decayed, tf.mul(tf.sign(momentum), rate)), slots: { momentum } };
    }),
};
