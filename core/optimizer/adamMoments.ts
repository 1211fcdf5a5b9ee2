import type { OptimizedParameter } from '../contracts/optimizer.ts';
import { tf } from '../tensor/tf.ts';

/** Decays of the averages of gradient and squared gradient. */
export type Betas = readonly [number, number];

/** Adam's running averages of the gradient and of its square (arXiv 1412.6980). */
export interface Moments {
  readonly mean: tf.Tensor;
  readonly square: tf.Tensor;
}

/** Names of the slots that keep them. */
export const momentSlots = { mean: 'exp_avg', square: 'exp_avg_sq' } as const;

/** 1 - decay^step, to float32's full precision: the difference of two numbers near 1 would lose most digits in the first steps. */
export function biasCorrection(decay: number, step: tf.Scalar): tf.Scalar {
  return decay === 0 ? tf.scalar(1) : tf.neg(tf.expm1(tf.mul(step, Math.log(decay))));
}

/** The averages with this step's gradient in them. */
export function nextMoments(slots: OptimizedParameter['slots'], gradient: tf.Tensor, [beta1, beta2]: Betas): Moments {
  return {
    mean: tf.add(tf.mul(slots[momentSlots.mean] ?? 0, beta1), tf.mul(gradient, 1 - beta1)),
    square: tf.add(tf.mul(slots[momentSlots.square] ?? 0, beta2), tf.mul(tf.square(gradient), 1 - beta2)),
  };
}
