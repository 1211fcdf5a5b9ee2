import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { compile } from '../../../core/tensor/compile.ts';
import { upperInverse } from '../../../core/tensor/ops/upperInverse.ts';
import { randomStream } from '../../../core/tensor/random.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { expectClose } from '../../closeness.ts';

/** Upper triangular with `diagonal` on the diagonal. */
function upper(size: number, diagonal: number): Float32Array {
  const values = randomStream(1, 'upper', size).normals(size * size);
  return values.map((value, at) => {
    const [row, column] = [Math.floor(at / size), at % size];
    return row === column ? diagonal : row < column ? value : 0;
  });
}

describe('the inverse of an upper triangular matrix', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it.each([1, 2, 3, 4, 7, 8, 13])('times the matrix is the unit matrix, size %i', (size) => {
    const given = tf.tensor2d(upper(size, 0.5), [size, size]);
    const product = tf.matMul(upperInverse(given, 0.5), given);
    expectClose(product.dataSync<'float32'>(), tf.eye(size).dataSync<'float32'>(), 2e-3, 'product');
  });

  it('reads nothing on or below the diagonal', () => {
    const given = upper(5, 2);
    const other = given.map((value, at) => (at % 5 <= Math.floor(at / 5) ? 9 : value));
    const [a, b] = [given, other].map((values) => upperInverse(tf.tensor2d(values, [5, 5]), 2).dataSync<'float32'>());
    expect(a).toEqual(b);
  });

  it('has the gradient that finite differences have, in plain JavaScript and traced', async () => {
    const size = 5;
    const start = upper(size, 2);
    const target = tf.tensor2d(randomStream(2, 'target').normals(size * size), [size, size]);
    const targetValues = await target.data<'float32'>();
    const loss = (x: tf.Tensor2D, t: tf.Tensor): tf.Scalar => tf.sum(tf.mul(upperInverse(x, 2), t));
    const gradient = tf.grad((x: tf.Tensor) => loss(x as tf.Tensor2D, target))(tf.tensor2d(start, [size, size]));
    const values = gradient.dataSync<'float32'>();
    for (let at = 0; at < size * size; at++) {
      const [row, column] = [Math.floor(at / size), at % size];
      const shifted = (by: number): number => {
        const moved = start.map((value, i) => (i === at && row < column ? value + by : value));
        return loss(tf.tensor2d(moved, [size, size]), target).dataSync()[0]!;
      };
      expectClose([values[at]!], [(shifted(1e-2) - shifted(-1e-2)) / 2e-2], 2e-3, `entry ${row}, ${column}`);
    }
    const shape = [size, size];
    const graph = await compile(
      { x: { shape, dtype: 'float32' }, t: { shape, dtype: 'float32' } },
      ({ x, t }): Record<string, tf.Tensor> => ({ dx: tf.grad((x2: tf.Tensor) => loss(x2 as tf.Tensor2D, t!))(x!) }),
    );
    const traced = await graph.run({ x: start, t: targetValues });
    await graph.release();
    expectClose(traced['dx']!.data, values, 1e-5, 'traced');
  });
});
