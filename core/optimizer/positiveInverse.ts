import { tf } from '../tensor/tf.ts';

/** Doublings of the digits that are right. Enough for a condition of 1e7, beyond which float32 has no inverse. */
const ITERATIONS = 32;

/**
 * Inverses of symmetric positive definite matrices [count, size, size], by Newton's iteration X <- X (2 I - M X) from I / ||M|| (G. Schulz,
 * 1933). It corrects its own rounding errors, and all matrices go through the same few products.
 */
export function positiveInverse(matrices: tf.Tensor3D): tf.Tensor3D {
  const [, size] = matrices.shape;
  const unit = tf.eye(size);
  // The largest sum of magnitudes of a row is no less than the largest eigenvalue.
  const bound = tf.max(tf.sum(tf.abs(matrices), 2, true), 1, true);
  let inverse: tf.Tensor3D = tf.div(unit, bound);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    inverse = tf.matMul(inverse, tf.sub<tf.Tensor3D>(tf.mul(unit, 2), tf.matMul(matrices, inverse)));
  }
  return inverse;
}
