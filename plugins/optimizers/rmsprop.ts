import { z } from 'zod';
import type { OptimizedParameter, Optimizer, ParameterUpdate } from '../../core/contracts/optimizer.ts';
import { gradientWithDecay } from '../../core/optimizer/decay.ts';
import { groupOptions, oncePer, settingsOf } from '../../core/optimizer/parameterGroups.ts';
import { tf } from '../../core/tensor/tf.ts';

const schema = z.strictObject({
  alpha: z.number().min(0).lt(1).default(0.99).describe('Decay of the average of squared gradients'),
  eps: z.number().positive().default(1e-8),
  momentum: z.number().min(0).lt(1).default(0),
  centered: z.boolean().default(false).describe('Subtract the square of the average gradient: divide by its spread'),
  ...groupOptions,
});

type Config = z.output<typeof schema>;

function slotNames({ momentum, centered }: Config): readonly string[] {
  return ['square_avg', ...(momentum > 0 ? ['momentum_buffer'] : []), ...(centered ? ['grad_avg'] : [])];
}

function updated(config: Config, parameter: OptimizedParameter, rate: (scale: number) => tf.Scalar): ParameterUpdate {
  const { spec, value, slots } = parameter;
  const settings = settingsOf(config, spec);
  const gradient = gradientWithDecay(parameter, settings);
  const average = (name: string, entering: tf.Tensor): tf.Tensor =>
    tf.add(tf.mul(slots[name] ?? 0, config.alpha), tf.mul(entering, 1 - config.alpha));
  const square = average('square_avg', tf.square(gradient));
  const mean = config.centered ? average('grad_avg', gradient) : undefined;
  // Rounding can make the difference of the two a little less than 0.
  const variance = mean === undefined ? square : tf.maximum(tf.sub(square, tf.square(mean)), 0);
  const scaled = tf.div(gradient, tf.add(tf.sqrt(variance), config.eps));
  const momentum =
    config.momentum > 0 ? tf.add(tf.mul(slots['momentum_buffer'] ?? 0, config.momentum), scaled) : undefined;
  return {
    value: tf.sub(value, tf.mul(momentum ?? scaled, rate(settings.learningRateScale))),
    slots: {
      square_avg: square,
      ...(momentum === undefined ? {} : { momentum_buffer: momentum }),
      ...(mean === undefined ? {} : { grad_avg: mean }),
    },
  };
}

/**
 * RMSprop (G. Hinton, lecture 6 of 2012) as torch.optim.RMSprop computes it: momentum adds up g / (sqrt(v) + eps), nothing is
 * bias-corrected.
 */
export const rmsprop: Optimizer<Config> = {
  id: 'rmsprop',
  summary: 'Gradients over the root of their average square, with momentum',
  source: 'torch.optim.RMSprop',
  config: schema,
  aliases: { epsilon: 'eps' },
  slots: (config, { shape }) => slotNames(config).map((name) => ({ name, shape })),
  update(config, parameters, { learningRate }) {
    const rate = oncePer((scale) => tf.mul<tf.Scalar>(learningRate, scale));
    return parameters.map((parameter) => updated(config, parameter, rate));
  },
};
