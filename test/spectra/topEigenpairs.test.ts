import { describe, expect, it } from 'vitest';
import { eigh } from '../../core/linalg/eigh.ts';
import { matrix, type Matrix } from '../../core/linalg/matrix.ts';
import { multiply, multiplyLeftTransposed } from '../../core/linalg/multiply.ts';
import { topEigenpairs } from '../../core/spectra/topEigenpairs.ts';
import { randomStream } from '../../core/tensor/random.ts';

function operatorOf(symmetric: Matrix): (x: Float64Array, y: Float64Array) => void {
  return (x, y) => y.set(multiply(symmetric, { rows: x.length, columns: 1, data: x }).data);
}

function diagonal(values: readonly number[]): Matrix {
  const result = matrix(values.length, values.length);
  values.forEach((value, index) => {
    result.data[index * values.length + index] = value;
  });
  return result;
}

const random = matrix(60, 80, randomStream(1, 'eigenpairs').normals(60 * 80));
const cases: readonly (readonly [string, Matrix])[] = [
  ['a random Gram matrix', multiplyLeftTransposed(random, random)],
  ['graded values over 16 orders', diagonal(Array.from({ length: 80 }, (_, i) => 10 ** (-i / 5)))],
  ['repeated values', diagonal(Array.from({ length: 80 }, (_, i) => (i < 6 ? 2 : 1)))],
  ['zeros', matrix(80, 80)],
  ['the unit matrix', diagonal(new Array<number>(80).fill(1))],
  ['a single direction', diagonal([3, ...new Array<number>(79).fill(0)])],
  ['a matrix of size 1', diagonal([2])],
];

describe.each(cases)('the largest eigenvalues of %s', (_name, symmetric) => {
  const size = symmetric.rows;
  const count = Math.min(5, size);
  const { values, vectors } = topEigenpairs(size, count, operatorOf(symmetric));
  const expected = eigh(symmetric).values.toReversed().subarray(0, count);

  it('are those of the whole decomposition', () => {
    const largest = Math.max(1, expected[0]!);
    values.forEach((value, index) => expect(Math.abs(value - expected[index]!)).toBeLessThan(1e-11 * largest));
  });

  it('have orthonormal vectors, with A x = t x', () => {
    const gram = multiplyLeftTransposed(vectors, vectors);
    gram.data.forEach((value, at) => expect(value).toBeCloseTo(at % (count + 1) === 0 ? 1 : 0, 12));
    const image = multiply(symmetric, vectors);
    image.data.forEach((value, at) =>
      expect(Math.abs(value - values[at % count]! * vectors.data[at]!)).toBeLessThan(1e-9 * Math.max(1, expected[0]!)),
    );
  });
});
