import { describe, expect, it } from 'vitest';
import { compile } from '../../core/tensor/compile.ts';
import { branch } from '../../core/tensor/ops/branch.ts';
import { tf } from '../../core/tensor/tf.ts';

describe('branch', () => {
  it('runs the body that the condition chooses, on tensors of the surrounding graph', async () => {
    const graph = await compile(
      { x: { shape: ['rows'], dtype: 'float32' }, choice: { shape: [], dtype: 'bool' } },
      ({ x, choice }) => {
        const input = x as tf.Tensor1D;
        const doubled = tf.mul(input, 2);
        return branch(
          choice as tf.Tensor,
          () => ({ y: tf.add(doubled, 1), root: tf.sqrt(input) }),
          () => ({ root: input, y: doubled }),
        );
      },
    );
    const x = Float32Array.of(4, 9);
    const chosen = await graph.run({ x, choice: Uint8Array.of(1) }, { rows: 2 });
    expect([...(chosen['y']?.data ?? [])]).toEqual([9, 19]);
    expect([...(chosen['root']?.data ?? [])]).toEqual([2, 3]);
    const other = await graph.run({ x, choice: Uint8Array.of(0) }, { rows: 2 });
    expect([...(other['y']?.data ?? [])]).toEqual([8, 18]);
    expect([...(other['root']?.data ?? [])]).toEqual([4, 9]);
    await graph.release();
  });

  it('refuses bodies that give different tensors', async () => {
    const tracing = compile({ x: { shape: [], dtype: 'float32' }, choice: { shape: [], dtype: 'bool' } }, (inputs) =>
      branch(
        inputs['choice'] as tf.Tensor,
        () => ({ y: inputs['x'] as tf.Tensor }),
        () => ({}),
      ),
    );
    await expect(tracing).rejects.toMatchObject({ code: 'tensor/trace', fields: { name: 'y' } });
  });
});
