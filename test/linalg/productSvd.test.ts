import { describe, expect, it } from 'vitest';
import { matrix, scale, type Matrix } from '../../core/linalg/matrix.ts';
import { multiply, multiplyRightTransposed } from '../../core/linalg/multiply.ts';
import { svdOfProduct } from '../../core/linalg/productSvd.ts';
import { singularValues } from '../../core/linalg/svd.ts';
import { largestDifference, normalMatrix, orthogonalityError } from './orthogonality.ts';

function weighted(u: Matrix, s: Float64Array): Matrix {
  return { ...u, data: u.data.map((value, at) => value * s[at % s.length]!) };
}

describe('svdOfProduct', () => {
  it.each([
    [40, 3, 60, 2],
    [60, 5, 40, -0.5],
    [4, 9, 6, 1],
    [5, 1, 1, 3],
    [30, 4, 30, 0],
  ])('takes apart the product of %i x %i and %i columns, times %d', (rows, rank, columns, factor) => {
    const [left, right] = [normalMatrix(rows, rank), normalMatrix(rank, columns, 2)];
    const product = scale(multiply(left, right), factor);
    const { u, s, v } = svdOfProduct(left, right, factor);
    expect(s).toHaveLength(Math.min(rows, rank, columns));
    const expected = singularValues(product);
    for (const [index, value] of s.entries()) expect(Math.abs(value - expected[index]!)).toBeLessThan(1e-12);
    expect(largestDifference(multiplyRightTransposed(weighted(u, s), v), product)).toBeLessThan(1e-12);
    expect(orthogonalityError(u)).toBeLessThan(1e-13);
    expect(orthogonalityError(v)).toBeLessThan(1e-13);
  });

  it('of a factor that is 0 are zeros', () => {
    expect([...svdOfProduct(matrix(6, 2), normalMatrix(2, 5)).s]).toEqual([0, 0]);
  });

  it('refuses factors that do not fit', () => {
    expect(() => svdOfProduct(matrix(6, 2), matrix(3, 5))).toThrow('cannot be multiplied');
  });
});
