import { z } from 'zod';
import type { Optimizer, ParameterUpdate } from '../../core/contracts/optimizer.ts';
import { decoupledDecay } from '../../core/optimizer/decay.ts';
import { groupOptions, oncePer, settingsOf } from '../../core/optimizer/parameterGroups.ts';
import { tf } from '../../core/tensor/tf.ts';

const beta = z.number().min(0).lt(1);

const schema = z.strictObject({
  betas: z
    .tuple([beta, beta])
    .default([0.9, 0.99])
    .describe('Share of the average in the direction of the step, and decay of the average'),
  ...groupOptions,
});

type Config = z.output<typeof schema>;

const slot = 'exp_avg';

/**
 * Lion (arXiv 2302.06675, algorithm 2): p <- p - lr (sign(beta1 m + (1 - beta1) g) + decay p), then m <- beta2 m + (1 - beta2) g. Every
 * value moves by the learning rate or not at all, so it wants one that is 3 to 10 times smaller than AdamW's, and a decay that is as many
 * times larger (the paper, section 5).
 */
export const lion: Optimizer<Config> = {
  id: 'lion',
  summary: 'Steps by the sign of an average gradient; one slot instead of Adam’s two',
  source: 'Lion, arXiv 2302.06675',
  config: schema,
  slots: (_config, { shape }) => [{ name: slot, shape }],
  update(config, parameters, { learningRate }) {
    const decayed = decoupledDecay(learningRate);
    const rate = oncePer((scale) => tf.mul<tf.Scalar>(learningRate, scale));
    const [towards, kept] = config.betas;
    return parameters.map(({ spec, value, gradient, slots }): ParameterUpdate => {
      const settings = settingsOf(config, spec);
      const before = slots[slot] ?? tf.zerosLike(value);
      const mixed = (share: number): tf.Tensor => tf.add(tf.mul(before, share), tf.mul(gradient, 1 - share));
      const step = tf.mul(tf.sign(mixed(towards)), rate(settings.learningRateScale));
      return { value: tf.sub(decayed(value, settings), step), slots: { [slot]: mixed(kept) } };
    });
  },
};
