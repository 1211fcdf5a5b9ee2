import { RlvrError } from '../errors.ts';
import { columnsOf, matrix, type Matrix } from './matrix.ts';
import { multiply, multiplyLeftTransposed } from './multiply.ts';
import { qr } from './qr.ts';
import { svd, type SingularVectors } from './svd.ts';

/** A source of standard normal values, such as a `RandomStream`. */
export interface NormalSource {
  normals(count: number): ArrayLike<number>;
}

/** Options of `randomizedSvd`. */
export interface RandomizedSvdOptions {
  /** Singular triplets wanted. */
  readonly rank: number;
  readonly random: NormalSource;
  /** Columns sketched beyond `rank`: 10 unless given. `torch.svd_lowrank` has 0. */
  readonly oversampling?: number;
  /** Passes over the matrix and its transpose that sharpen the sketch: 2 unless given (the `niter` of `torch.svd_lowrank`). */
  readonly iterations?: number;
}

/**
 * The largest singular values and their vectors, approximately, in about 4 (iterations + 1) rows * columns * rank operations: an
 * orthonormal basis Q of A (AᵀA)^iterations G with G normal, then the exact SVD of QᵀA (N. Halko, P. G. Martinsson, J. A. Tropp:
 * Finding structure with randomness, arXiv 0909.4061, algorithms 4.4 and 5.1).
 *
 * @throws RlvrError `config/invalid` for a rank that the matrix cannot have, `training/not-finite` for a NaN or an infinity.
 */
export function randomizedSvd(source: Matrix, options: RandomizedSvdOptions): SingularVectors {
  const { rank, random, oversampling = 10, iterations = 2 } = options;
  const most = Math.min(source.rows, source.columns);
  if (!Number.isInteger(rank) || rank < 1 || rank > most) {
    const problem = `The rank of a randomized SVD of a ${source.rows} x ${source.columns} matrix must be from 1 to ${most}, not ${rank}.`;
    throw new RlvrError('config/invalid', problem, { rank, rows: source.rows, columns: source.columns });
  }
  const width = Math.min(rank + oversampling, most);
  const sketch = matrix(source.columns, width, random.normals(source.columns * width));
  let basis = qr(multiply(source, sketch)).q;
  for (let iteration = 0; iteration < iterations; iteration++) {
    const rowBasis = qr(multiplyLeftTransposed(source, basis)).q;
    basis = qr(multiply(source, rowBasis)).q;
  }
  const { u, s, v } = svd(multiplyLeftTransposed(basis, source));
  return { u: multiply(basis, columnsOf(u, 0, rank)), s: s.slice(0, rank), v: columnsOf(v, 0, rank) };
}
