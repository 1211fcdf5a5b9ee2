import { z } from 'zod';
import type { Optimizer, OptimizedParameter, ParameterUpdate } from '../../core/contracts/optimizer.ts';
import { groupOptions, oncePer, settingsOf } from '../../core/optimizer/parameterGroups.ts';
import { tf } from '../../core/tensor/tf.ts';

const schema = z
  .strictObject({
    momentum: z.number().min(0).lt(1).default(0),
    dampening: z.number().min(0).max(1).default(0).describe('Share of the gradient that does not enter the momentum'),
    nesterov: z.boolean().default(false),
    ...groupOptions,
  })
  .refine(({ momentum, dampening, nesterov }) => !nesterov || (momentum > 0 && dampening === 0), {
    error: 'nesterov needs a momentum above 0 and no dampening',
  });

type Config = z.output<typeof schema>;

/** `share` is the part of the gradient that enters the momentum in this step. */
function updated(
  config: Config,
  parameter: OptimizedParameter,
  rate: tf.Scalar,
  share: tf.Scalar | undefined,
): ParameterUpdate {
  const { spec, value, slots } = parameter;
  const { weightDecay } = settingsOf(config, spec);
  const gradient = weightDecay === 0 ? parameter.gradient : tf.add(parameter.gradient, tf.mul(value, weightDecay));
  if (config.momentum === 0) return { value: tf.sub(value, tf.mul(gradient, rate)), slots: {} };
  const entering = share === undefined ? gradient : tf.mul(gradient, share);
  const momentum = tf.add(tf.mul(slots['momentum_buffer'] ?? 0, config.momentum), entering);
  const direction = config.nesterov ? tf.add(gradient, tf.mul(momentum, config.momentum)) : momentum;
  return { value: tf.sub(value, tf.mul(direction, rate)), slots: { momentum_buffer: momentum } };
}

/**
 * Stochastic gradient descent with momentum as torch.optim.SGD computes it: dampening does not act in the first step, decay is part of
 * the gradient.
 */
export const sgd: Optimizer<Config> = {
  id: 'sgd',
  summary: 'Gradient descent with momentum, dampening and Nesterov’s variant',
  source: 'torch.optim.SGD',
  config: schema,
  slots: (config, { shape }) => (config.momentum === 0 ? [] : [{ name: 'momentum_buffer', shape }]),
  update(config, parameters, { learningRate, step }) {
    const rate = oncePer((scale) => tf.mul<tf.Scalar>(learningRate, scale));
    const share =
      config.dampening === 0
        ? undefined
        : tf.where<tf.Scalar>(tf.equal(step, 1), tf.scalar(1), tf.scalar(1 - config.dampening));
    return parameters.map((parameter) =>
      updated(config, parameter, rate(settingsOf(config, parameter.spec).learningRateScale), share),
    );
  },
};
