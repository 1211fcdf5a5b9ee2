import { describe, expect, it } from 'vitest';
import { matrix, transpose, type Matrix } from '../../core/linalg/matrix.ts';
import { multiply, multiplyLeftTransposed, multiplyRightTransposed } from '../../core/linalg/multiply.ts';
import { largestDifference, normalMatrix } from './orthogonality.ts';

function byDefinition(left: Matrix, right: Matrix): Matrix {
  const result = matrix(left.rows, right.columns);
  for (let row = 0; row < left.rows; row++) {
    for (let column = 0; column < right.columns; column++) {
      for (let step = 0; step < left.columns; step++) {
        result.data[row * right.columns + column]! +=
          left.data[row * left.columns + step]! * right.data[step * right.columns + column]!;
      }
    }
  }
  return result;
}

describe('multiply', () => {
  it.each([
    [1, 1, 1],
    [1, 5, 1],
    [2, 3, 4],
    [3, 67, 5],
    [5, 130, 3],
    [7, 6, 520],
    [33, 65, 17],
    [2, 0, 3],
  ])('is the sum of products for %i x %i times x %i', (rows, depth, columns) => {
    const left = normalMatrix(rows, depth);
    const right = normalMatrix(depth, columns, 2);
    const expected = byDefinition(left, right);
    expect(largestDifference(multiply(left, right), expected)).toBeLessThan(1e-12);
    expect(largestDifference(multiplyLeftTransposed(transpose(left), right), expected)).toBeLessThan(1e-12);
    expect(largestDifference(multiplyRightTransposed(left, transpose(right)), expected)).toBeLessThan(1e-12);
  });

  it('refuses shapes that do not fit', () => {
    expect(() => multiply(matrix(2, 3), matrix(2, 3))).toThrow('2 x 3 and 2 x 3');
  });
});
