import { upperInverse } from '../tensor/ops/upperInverse.ts';
import { tf } from '../tensor/tf.ts';

/** A product of reflections as I - U T U^T. */
export interface Reflections {
  /** U [n, r], with columns of length 1. */
  readonly columns: tf.Tensor2D;
  /** T [r, r]; undefined where it is 2 I. */
  readonly factor?: tf.Tensor2D;
}

/**
 * (I - 2 u_1 u_1^T) ... (I - 2 u_r u_r^T) for the columns of u [n, r] brought to length 1: I - U T U^T with T the inverse of the upper
 * triangle of U^T U whose diagonal is halved.
 */
export function householderProduct(vectors: tf.Tensor2D): Reflections {
  const columns: tf.Tensor2D = tf.div(vectors, tf.sqrt(tf.sum(tf.square(vectors), 0, true)));
  return { columns, factor: upperInverse(tf.matMul(columns, columns, true), 0.5) };
}

/**
 * I - 2 Q Q^T with Q the columns of u [n, r] made orthonormal from left to right (Gram and Schmidt): each loses twice what it has in
 * common with those before it, because one subtraction leaves rounding errors that matter where columns are nearly parallel.
 */
export function orthonormalColumns(vectors: tf.Tensor2D): Reflections {
  const [size, rank] = vectors.shape;
  let columns: tf.Tensor2D | undefined;
  for (let index = 0; index < rank; index++) {
    let own: tf.Tensor2D = tf.slice(vectors, [0, index], [size, 1]);
    for (let pass = 0; pass < 2 && columns !== undefined; pass++) {
      own = tf.sub(own, tf.matMul(columns, tf.matMul(columns, own, true)));
    }
    const unit: tf.Tensor2D = tf.div(own, tf.sqrt(tf.sum(tf.square(own))));
    columns = columns === undefined ? unit : tf.concat([columns, unit], 1);
  }
  return { columns: columns ?? vectors };
}
