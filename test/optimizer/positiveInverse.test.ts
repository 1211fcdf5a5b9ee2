import { describe, expect, it } from 'vitest';
import { matrix, transpose } from '../../core/linalg/matrix.ts';
import { singularValues } from '../../core/linalg/svd.ts';
import { multiply } from '../../core/linalg/multiply.ts';
import { roundedToBfloat16 } from '../../core/optimizer/bfloat16.ts';
import { positiveInverse } from '../../core/optimizer/positiveInverse.ts';
import { compile } from '../../core/tensor/compile.ts';
import { randomStream } from '../../core/tensor/random.ts';
import type { tf } from '../../core/tensor/tf.ts';
import { expectClose } from '../closeness.ts';

/** A A^T + 1e-8 I of a random A [size, columns], whose rows shrink to `smallest`. */
function squareOf(size: number, columns: number, smallest: number): Float64Array {
  const decay = size === 1 ? 1 : smallest ** (1 / (size - 1));
  const noise = randomStream(1, size, columns).normals(size * columns);
  const a = matrix(
    size,
    columns,
    noise.map((value, i) => value * decay ** Math.floor(i / columns)),
  );
  return multiply(a, transpose(a)).data.map((value, i) => (i % (size + 1) === 0 ? value + 1e-8 : value));
}

async function inverseOf(matrices: readonly Float64Array[], size: number): Promise<Float32Array> {
  const shape = [matrices.length, size, size];
  const graph = await compile({ m: { shape, dtype: 'float32' } }, ({ m }) => ({
    inverse: positiveInverse(m as tf.Tensor3D),
  }));
  const { inverse } = await graph.run({ m: Float32Array.from(matrices.flatMap((each) => [...each])) });
  await graph.release();
  return inverse!.data as Float32Array;
}

describe('positiveInverse', () => {
  it.each([
    [1, 8, 1],
    [4, 40, 1],
    [16, 128, 0.1],
    [8, 8, 1],
  ])('inverts matrices of %i rows from A with %i columns and rows down to %d', async (size, columns, smallest) => {
    const squares = [squareOf(size, columns, smallest), squareOf(size, columns + 1, smallest)];
    const inverses = await inverseOf(squares, size);
    for (const [i, square] of squares.entries()) {
      const inverse = matrix(size, size, inverses.subarray(i * size * size, (i + 1) * size * size));
      const product = multiply(matrix(size, size, square), inverse);
      const unit = product.data.map((_, at) => (at % (size + 1) === 0 ? 1 : 0));
      const values = singularValues(matrix(size, size, square));
      const condition = values[0]! / values.at(-1)!;
      // What rounding the matrix to float32 alone can come to.
      expectClose(product.data, unit, 4 * condition * 2 ** -24 + 1e-6, `M X of matrix ${i}`);
    }
  });

  it('is not finite only where the matrix is not', async () => {
    expect((await inverseOf([squareOf(4, 40, 1e-3)], 4)).every(Number.isFinite)).toBe(true);
    expect((await inverseOf([new Float64Array(16).fill(NaN)], 4)).some(Number.isNaN)).toBe(true);
  });
});

describe('roundedToBfloat16', () => {
  it('keeps 8 binary digits, to nearest', async () => {
    const values = Float32Array.of(1, 1.0039, 1.004, 1.00781, -3.1415927, 1e-20, 0, 65280.1);
    const graph = await compile({ x: { shape: [values.length], dtype: 'float32' } }, ({ x }) => ({
      rounded: roundedToBfloat16(x!),
    }));
    const { rounded } = await graph.run({ x: values });
    await graph.release();
    const bits = new Uint32Array((rounded!.data as Float32Array).slice().buffer);
    expect([...bits].map((word) => word & 0xffff)).toEqual(Array(values.length).fill(0));
    const near = [1, 1, 1.0078125, 1.0078125, -3.140625];
    expect([...(rounded!.data as Float32Array).subarray(0, 5)]).toEqual(near);
  });
});
