import { tf } from '../tf.ts';
import { withGradient } from './withGradient.ts';

/** 1 where row and column lie in neighbouring halves of the same block of 2 `half` rows, the row in the first one. */
function betweenHalves(size: number, half: number): tf.Tensor2D {
  const values = Float32Array.from({ length: size * size }, (_, at) => {
    const [row, column] = [Math.floor(at / size), at % size];
    const isSameBlock = Math.floor(row / (2 * half)) === Math.floor(column / (2 * half));
    return isSameBlock && row % (2 * half) < half && column % (2 * half) >= half ? 1 : 0;
  });
  return tf.tensor2d(values, [size, size]);
}

/**
 * The inverse of an upper triangular matrix [n, n] whose diagonal entries are all `diagonal`; what lies on and below the diagonal is not
 * read. Inverses of blocks on the diagonal are joined to those of twice their size, log2 n times, which is as stable as substitution row
 * by row and needs few, whole operations. Gradient: -X^T dX X^T above the diagonal.
 */
export function upperInverse(upper: tf.Tensor2D, diagonal: number): tf.Tensor2D {
  const size = upper.shape[0];
  const inverse = withGradient(
    [upper],
    (given) => {
      let blocks: tf.Tensor2D = tf.mul(tf.eye(size), 1 / diagonal);
      for (let half = 1; half < size; half *= 2) {
        const joint: tf.Tensor2D = tf.mul(given, betweenHalves(size, half));
        blocks = tf.sub(blocks, tf.matMul(tf.matMul(blocks, joint), blocks));
      }
      return { value: blocks, saved: [blocks] };
    },
    (dy, [blocks]: [tf.Tensor2D]) => {
      const above = Float32Array.from({ length: size * size }, (_, at) => (at % size > Math.floor(at / size) ? -1 : 0));
      const whole = tf.matMul(tf.matMul(blocks, dy as tf.Tensor2D, true), blocks, false, true);
      return [tf.mul(whole, tf.tensor2d(above, [size, size]))];
    },
  );
  return inverse as tf.Tensor2D;
}
