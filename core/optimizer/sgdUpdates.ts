import type { OptimizedParameter, OptimizerScalars, ParameterUpdate } from '../contracts/optimizer.ts';
import type { ParameterSpec } from '../contracts/parameter.ts';
import { tf } from '../tensor/tf.ts';
import { gradientWithDecay } from './decay.ts';
import { oncePer, type GroupSettings } from './parameterGroups.ts';
import type { SgdOptions } from './sgdOptions.ts';

/** `share` is the part of the gradient that enters the momentum in this step. */
function updated(
  options: SgdOptions,
  parameter: OptimizedParameter,
  settings: GroupSettings,
  rate: tf.Scalar,
  share: tf.Scalar | undefined,
): ParameterUpdate {
  const { value, slots } = parameter;
  const gradient = gradientWithDecay(parameter, settings);
  if (options.momentum === 0) return { value: tf.sub(value, tf.mul(gradient, rate)), slots: {} };
  const entering = share === undefined ? gradient : tf.mul(gradient, share);
  const momentum = tf.add(tf.mul(slots['momentum_buffer'] ?? 0, options.momentum), entering);
  const direction = options.nesterov ? tf.add(gradient, tf.mul(momentum, options.momentum)) : momentum;
  return { value: tf.sub(value, tf.mul(direction, rate)), slots: { momentum_buffer: momentum } };
}

/** Names of the slots of `sgdUpdates`. */
export function sgdSlots({ momentum }: Pick<SgdOptions, 'momentum'>): readonly string[] {
  return momentum === 0 ? [] : ['momentum_buffer'];
}

/**
 * Gradient descent with momentum as torch.optim.SGD computes it: dampening does not act in the first step, decay is part of the gradient.
 * `settings` gives each parameter its learning-rate scale and decay.
 */
export function sgdUpdates(
  options: SgdOptions,
  parameters: readonly OptimizedParameter[],
  { learningRate, step }: OptimizerScalars,
  settings: (spec: ParameterSpec) => GroupSettings,
): readonly ParameterUpdate[] {
  const rate = oncePer((scale) => tf.mul<tf.Scalar>(learningRate, scale));
  const share =
    options.momentum === 0 || options.dampening === 0
      ? undefined
      : tf.where<tf.Scalar>(tf.equal(step, 1), tf.scalar(1), tf.scalar(1 - options.dampening));
  return parameters.map((parameter) => {
    const own = settings(parameter.spec);
    return updated(options, parameter, own, rate(own.learningRateScale), share);
  });
}
