import type { Matrix } from '../../core/linalg/matrix.ts';
import { matrix } from '../../core/linalg/matrix.ts';
import { multiplyLeftTransposed } from '../../core/linalg/multiply.ts';
import { randomStream } from '../../core/tensor/random.ts';

/** The largest difference of two matrices of one shape. */
export function largestDifference(left: Matrix, right: Matrix): number {
  return left.data.reduce((most, value, at) => Math.max(most, Math.abs(value - right.data[at]!)), 0);
}

/** How far the columns of `basis` are from orthonormal. */
export function orthogonalityError(basis: Matrix): number {
  const products = multiplyLeftTransposed(basis, basis);
  return products.data.reduce((most, value, at) => {
    const expected = Math.floor(at / basis.columns) === at % basis.columns ? 1 : 0;
    return Math.max(most, Math.abs(value - expected));
  }, 0);
}

/** A matrix of seeded standard normal values. */
export function normalMatrix(rows: number, columns: number, seed = 1): Matrix {
  return matrix(rows, columns, randomStream(seed, 'matrix', rows, columns).normals(rows * columns));
}
