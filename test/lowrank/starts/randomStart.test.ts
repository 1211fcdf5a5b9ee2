import { describe, expect, it } from 'vitest';
import { matrix, transpose } from '../../../core/linalg/matrix.ts';
import { qr } from '../../../core/linalg/qr.ts';
import { columnsOf } from '../../../core/linalg/matrix.ts';
import { multiply } from '../../../core/linalg/multiply.ts';
import { expectClose } from '../../closeness.ts';
import { gram, productOf, startBench } from './startBench.ts';

const [out, inputs, rank] = [40, 900, 16];
const bench = startBench(out, inputs);

function deviation(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

describe('starts that know nothing of the weight', () => {
  it("draw A uniform within torch's bound and leave B at zero", () => {
    const { a, b } = bench.start(true, rank);
    const bound = 1 / Math.sqrt(inputs);
    expect(a).toHaveLength(rank * inputs);
    expect(a.every((value) => Math.abs(value) <= bound)).toBe(true);
    expect(deviation(a) / bound).toBeCloseTo(1 / Math.sqrt(3), 2);
    expect(b).toEqual(new Float32Array(out * rank));
  });

  it('draw A normal with deviation 1/r', () => {
    const { a, b } = bench.start('gaussian', rank);
    expect(deviation(a) * rank).toBeCloseTo(1, 1);
    expect(b.every((value) => value === 0)).toBe(true);
  });

  it('draw both uniform where the start is to be no identity', () => {
    const { b } = bench.start(false, rank);
    const bound = 1 / Math.sqrt(rank);
    expect(b.every((value) => Math.abs(value) <= bound)).toBe(true);
    expect(deviation(b) / bound).toBeCloseTo(1 / Math.sqrt(3), 1);
  });

  it('depend on the random numbers alone', () => {
    expect(bench.start(false, rank)).toEqual(bench.start(false, rank));
  });

  it('orthogonal: neither factor is zero, their product is, and their rows lie in orthogonal halves', () => {
    const factors = bench.start('orthogonal', 4);
    const { a, b } = factors;
    expect(deviation(a) * 10).toBeCloseTo(Math.SQRT1_2, 1);
    expect(deviation(b) * 10).toBeCloseTo(Math.SQRT1_2, 0);
    expectClose(productOf(factors, bench.shape).data, new Float64Array(out * inputs), 1e-7, 'B A');
  });
});

describe('OLoRA', () => {
  it.each([
    [12, 7],
    [9, 9],
    [5, 11],
  ])('starts as the first columns of Q and rows of R of a %i x %i weight', (rows, columns) => {
    const { weight, shape, start } = startBench(rows, columns);
    const factors = start('olora', 3);
    const { q, r } = qr(weight);
    const first = multiply(columnsOf(q, 0, 3), matrix(3, columns, r.data.subarray(0, 3 * columns)));
    expectClose(productOf(factors, shape).data, first.data, 1e-6, 'B A');
    expectClose(gram(transpose(matrix(rows, 3, factors.b))).data, [1, 0, 0, 0, 1, 0, 0, 0, 1], 1e-6, 'B^T B');
  });
});
