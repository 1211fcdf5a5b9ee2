import { tf } from '../tf.ts';
import { withGradient } from './withGradient.ts';

/**
 * Rows of x by index, where every row of x is taken at most once: y[i] = x[indices[i]].
 * The gradient is the gather the other way round, dx[j] = dy[inverse[j]], so `inverse` names for each row of x where it went. Places of y
 * that are padding may repeat any row of x if they carry no gradient. With `partial`, rows of x that are taken nowhere name the place past
 * the end. x [n, ...], indices [m...], inverse [n] or a shape with n entries (int32).
 */
export function permuteRows(x: tf.Tensor, indices: tf.Tensor, inverse: tf.Tensor, partial = false): tf.Tensor {
  const rest = x.shape.slice(1);
  const places = indices.shape.reduce((product, size) => product * size, 1);
  return withGradient(
    [x],
    (x2) => ({ value: tf.gather(x2, indices as tf.Tensor1D), saved: [] }),
    (dy) => {
      const rows = tf.reshape(dy, [places, ...rest]);
      const source = partial ? tf.pad(rows, [[0, 1], ...rest.map((): [number, number] => [0, 0])]) : rows;
      return [tf.reshape(tf.gather(source, inverse as tf.Tensor1D), x.shape)];
    },
  );
}

/**
 * Rows of x by index, each as often as it is named: y[i] = x[indices[i]].
 * The gradient is a product with the membership matrix, dx = membership dy, so that no two threads add to the same place.
 * x [n, ...], indices [m] int32, membership [n, m] with 1 where indices[i] = j.
 */
export function repeatRows(x: tf.Tensor, indices: tf.Tensor1D, membership: tf.Tensor2D): tf.Tensor {
  const width = x.shape.slice(1).reduce((product, size) => product * size, 1);
  return withGradient(
    [x],
    (x2) => ({ value: tf.gather(x2, indices), saved: [] }),
    (dy) => {
      const flat: tf.Tensor2D = tf.reshape(dy, [membership.shape[1], width]);
      return [tf.reshape(tf.matMul(membership, flat), x.shape)];
    },
  );
}
