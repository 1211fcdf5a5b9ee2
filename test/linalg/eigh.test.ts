import { describe, expect, it } from 'vitest';
import { eigh } from '../../core/linalg/eigh.ts';
import { add, matrix, transpose, type Matrix } from '../../core/linalg/matrix.ts';
import { multiply, multiplyLeftTransposed, multiplyRightTransposed } from '../../core/linalg/multiply.ts';
import { singularValues } from '../../core/linalg/svd.ts';
import { largestDifference, normalMatrix, orthogonalityError } from './orthogonality.ts';

function expectDecomposition(source: Matrix): Float64Array {
  const { values, vectors } = eigh(source);
  const size = source.rows;
  const weighted = matrix(
    size,
    size,
    vectors.data.map((value, at) => value * values[at % size]!),
  );
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(largestDifference(multiplyRightTransposed(weighted, vectors), source)).toBeLessThanOrEqual(2e-14 * largest);
  expect(orthogonalityError(vectors)).toBeLessThan(2e-13);
  expect([...values]).toEqual([...values].sort((a, b) => a - b));
  return values;
}

describe('eigh', () => {
  it.each([1, 2, 3, 10, 60, 130])('takes a symmetric matrix of %i rows apart', (size) => {
    const source = normalMatrix(size, size);
    expectDecomposition(add(source, transpose(source)));
  });

  it('finds the squares of singular values', () => {
    const source = normalMatrix(30, 12);
    const values = expectDecomposition(multiplyLeftTransposed(source, source));
    for (const [index, value] of singularValues(source).entries()) {
      expect(values[values.length - 1 - index]).toBeCloseTo(value * value, 11);
    }
  });

  it.each([
    ['zero', matrix(3, 3)],
    ['diagonal', matrix(3, 3, [2, 0, 0, 0, -7, 0, 0, 0, 1])],
    ['a swap', matrix(2, 2, [0, 1, 1, 0])],
    ['all ones', matrix(5, 5, new Float64Array(25).fill(1))],
    ['a path', matrix(4, 4, [0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0])],
    ['huge', matrix(2, 2, [1e200, 2e200, 2e200, -3e200])],
    ['tiny', matrix(2, 2, [1e-200, 2e-200, 2e-200, -3e-200])],
  ])('takes apart what is special: %s', (_, source) => void expectDecomposition(source));

  it('knows the eigenvalues of a path of 4: 2 cos(k pi / 5)', () => {
    const { values } = eigh(matrix(4, 4, [0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0]));
    for (const [index, value] of values.entries()) {
      expect(value).toBeCloseTo(2 * Math.cos(((4 - index) * Math.PI) / 5), 14);
    }
  });

  it('refuses what is not symmetric', () => {
    expect(() => eigh(matrix(2, 2, [1, 2, 3, 4]))).toThrow('entries (0, 1) and (1, 0) differ');
    expect(() => eigh(multiply(matrix(2, 1), matrix(1, 3)))).toThrow('not one of 2 x 3');
  });
});
