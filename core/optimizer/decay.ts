import type { OptimizedParameter } from '../contracts/optimizer.ts';
import { tf } from '../tensor/tf.ts';
import { oncePer, type GroupSettings } from './parameterGroups.ts';

/**
 * Decay beside the step (decoupled, arXiv 1711.05101): the value times 1 - lr decay, with the group's learning rate. Scalars are shared by
 * all parameters of equal settings.
 */
export function decoupledDecay(learningRate: tf.Scalar): (value: tf.Tensor, settings: GroupSettings) => tf.Tensor {
  const kept = oncePer((scaledDecay) => tf.sub<tf.Scalar>(1, tf.mul(learningRate, scaledDecay)));
  return (value, { learningRateScale, weightDecay }) =>
    weightDecay === 0 ? value : tf.mul(value, kept(learningRateScale * weightDecay));
}

/** Decay as part of the gradient (that of half the squared norm): gradient + decay value. */
export function gradientWithDecay(
  { value, gradient }: Pick<OptimizedParameter, 'value' | 'gradient'>,
  { weightDecay }: GroupSettings,
): tf.Tensor {
  return weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(value, weightDecay));
}
