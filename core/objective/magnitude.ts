import { tf } from '../tensor/tf.ts';
import { withoutGradient } from '../tensor/ops/withoutGradient.ts';

/** |x| with a gradient of 0 at 0, where that of tfjs is -1: a policy that did not move yet must not be pushed. */
export function magnitude(x: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(
    x,
    withoutGradient([x], (value) => tf.sign(value)),
  );
}
