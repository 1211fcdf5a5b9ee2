import { accumulate, applyReflectors, emptyReflectors, reflect } from './householder.ts';
import { balancingFactor, matrix, scale, type Matrix } from './matrix.ts';
import { region } from './multiply.ts';

const PANEL = 32;

/** A = Q R. */
export interface QrFactors {
  /** rows x k with orthonormal columns, k = min(rows, columns). */
  readonly q: Matrix;
  /** k x columns, upper triangular. */
  readonly r: Matrix;
}

/** Applies reflector `index` to the columns `from` ... `to` - 1 of `target`. */
function applyOne(target: Matrix, vector: Float64Array, tau: number, index: number, from: number, to: number): void {
  const { columns, data } = target;
  const products = new Float64Array(to - from);
  for (let row = index; row < target.rows; row++) {
    const value = tau * (vector[row] ?? 0);
    for (let column = from; column < to; column++) {
      products[column - from] = (products[column - from] ?? 0) + value * (data[row * columns + column] ?? 0);
    }
  }
  for (let row = index; row < target.rows; row++) {
    const value = vector[row] ?? 0;
    for (let column = from; column < to; column++) {
      const at = row * columns + column;
      data[at] = (data[at] ?? 0) - value * (products[column - from] ?? 0);
    }
  }
}

/**
 * QR factors by Householder reflectors, panel by panel (G. H. Golub, C. F. Van Loan: Matrix computations, 4th edition, section 5.2).
 *
 * Signs are LAPACK's, so those of `numpy.linalg.qr` and `torch.linalg.qr`: r_jj has the sign opposite to the entry it replaced, and
 * a column that is already 0 below the diagonal stays as it is. Factors with another convention differ by signs of columns of Q and
 * rows of R only, where A has full column rank.
 *
 * @throws RlvrError `training/not-finite` for a NaN or an infinity.
 */
export function qr(source: Matrix): QrFactors {
  const factor = balancingFactor(source);
  const work = scale(source, factor);
  const { rows, columns } = work;
  const count = Math.min(rows, columns);
  const reflectors = emptyReflectors(count, rows);
  for (let from = 0; from < count; from += PANEL) {
    const to = Math.min(from + PANEL, count);
    for (let index = from; index < to; index++) {
      const vector = reflectors.vectors.data.subarray(index * rows, (index + 1) * rows);
      for (let row = index; row < rows; row++) {
        vector[row] = work.data[row * columns + index] ?? 0;
      }
      work.data[index * columns + index] = reflect(reflectors, index);
      applyOne(work, vector, reflectors.taus[index] ?? 0, index, index + 1, to);
    }
    applyReflectors(reflectors, from, to, region(work, from, to), true);
  }
  const r = matrix(count, columns);
  for (let row = 0; row < count; row++) {
    for (let column = row; column < columns; column++) {
      r.data[row * columns + column] = (work.data[row * columns + column] ?? 0) / factor;
    }
  }
  return { q: accumulate(reflectors, count), r };
}
