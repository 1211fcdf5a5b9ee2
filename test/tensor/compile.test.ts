import { describe, expect, it } from 'vitest';
import { compile } from '../../core/tensor/compile.ts';
import { tf } from '../../core/tensor/tf.ts';

describe('compile', () => {
  it('runs a function with its gradients, at sizes that only the run knows', async () => {
    const graph = await compile(
      { x: { shape: ['rows', 3], dtype: 'float32' }, w: { shape: [3, 2], dtype: 'float32' } },
      ({ x, w }) => {
        const loss = (w2: tf.Tensor): tf.Tensor => tf.sum(tf.square(tf.matMul(x!, w2)));
        const { value, grad } = tf.valueAndGrad(loss)(w!);
        return { value, grad };
      },
    );
    for (const rows of [1, 4]) {
      const x = Float32Array.from({ length: rows * 3 }, (_, i) => i + 1);
      const { value, grad } = await graph.run({ x, w: Float32Array.of(1, 2, 3, 4, 5, 6) }, { rows });
      const y = Array.from({ length: rows }, (_, r) =>
        [0, 1].map((c) => [0, 1, 2].reduce((s, k) => s + (r * 3 + k + 1) * (2 * k + c + 1), 0)),
      );
      expect(value?.data[0]).toBe(y.flat().reduce((s, v) => s + v * v, 0));
      expect(grad?.shape).toEqual([3, 2]);
      expect(grad?.data[0]).toBe(y.reduce((s, v, r) => s + 2 * (v[0] ?? 0) * (r * 3 + 1), 0));
    }
    await graph.release();
  });
});
