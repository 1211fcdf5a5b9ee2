import { describe, expect, it } from 'vitest';
import { matrix } from '../../../core/linalg/matrix.ts';
import { singularValues, svd } from '../../../core/linalg/svd.ts';
import { multiply } from '../../../core/linalg/multiply.ts';
import { transpose } from '../../../core/linalg/matrix.ts';
import { expectClose } from '../../closeness.ts';
import { gram, productOf, startBench, unit } from './startBench.ts';

const shapes = [
  [12, 7],
  [9, 9],
  [5, 11],
] as const;

describe.each(shapes)('starts from the singular triplets of a %i x %i weight', (out, inputs) => {
  const { weight, shape, start } = startBench(out, inputs);
  const all = singularValues(weight);
  const rest = (init: string, rank: number, scaling: number): Float64Array => {
    const product = productOf(start(init, rank, { scaling }), shape, scaling);
    return singularValues(
      matrix(
        out,
        inputs,
        weight.data.map((value, i) => value - (product.data[i] ?? 0)),
      ),
    );
  };
  const zeros = (count: number): number[] => Array<number>(count).fill(0);

  it.each([0.5, 4])('PiSSA leaves the minor ones, whatever the scaling (%d)', (scaling) => {
    expectClose(rest('pissa', 3, scaling), [...all.slice(3), ...zeros(3)], 1e-6, 'singular values of the residual');
  });

  it('MiLoRA leaves the principal ones', () => {
    expectClose(rest('milora', 2, 3), [...all.slice(0, -2), 0, 0], 1e-6, 'singular values of the residual');
  });

  it('PiSSA by a randomised SVD comes to the same with enough passes, and takes out rank r with none', () => {
    expectClose(rest('pissa_niter_64', 2, 2), [...all.slice(2), 0, 0], 1e-4, 'many passes');
    const { a, b } = start('pissa_niter_0', 2);
    expect([a.length, b.length]).toEqual([2 * inputs, 2 * out]);
    expect(start('pissa_niter_0', 2)).toEqual({ a, b });
  });

  it('shares the values out evenly: A A^T = B^T B = S / s', () => {
    const { a, b } = start('pissa', 2, { scaling: 4 });
    const expected = [all[0]! / 4, 0, 0, all[1]! / 4];
    expectClose(gram(matrix(2, inputs, a)).data, expected, 1e-6, 'A A^T');
    expectClose(gram(transpose(matrix(out, 2, b))).data, expected, 1e-6, 'B^T B');
  });

  it.each([
    ['rlpo', (k: number) => k],
    ['rlmo', (k: number) => all.length - 2 + k],
    ['miloraplus', (k: number) => all.length - 2 + k],
  ] as const)('%s has orthonormal rows along its right singular vectors, and B zero', (init, indexOf) => {
    const { a, b } = start(init, 2);
    expectClose(gram(matrix(2, inputs, a)).data, unit(2), 1e-6, 'A A^T');
    const along = multiply(matrix(2, inputs, a), svd(weight).v);
    expect([0, 1].map((k) => Math.abs(along.data[k * along.columns + indexOf(k)]!))).toEqual([
      expect.closeTo(1, 6),
      expect.closeTo(1, 6),
    ]);
    expect(b).toEqual(new Float32Array(2 * out));
  });
});
