import { balancingFactor, matrix, type Matrix } from './matrix.ts';
import { turned } from './space/block.ts';
import { teamHere } from './space/here.ts';
import { applyReflectors, lineQr, roomForReflectors } from './space/lineQr.ts';
import { linesOf, matrixOf, roomForMatrix, unitLines } from './space/matrixLines.ts';

/** A = Q R. */
export interface QrFactors {
  /** rows x k with orthonormal columns, k = min(rows, columns). */
  readonly q: Matrix;
  /** k x columns, upper triangular. */
  readonly r: Matrix;
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
  const { rows, columns } = source;
  const count = Math.min(rows, columns);
  if (count === 0) return { q: matrix(rows, count), r: matrix(count, columns) };
  const room = roomForMatrix(rows, columns) + roomForMatrix(columns, count) + roomForReflectors(columns);
  const { team, allocator } = teamHere(room + roomForMatrix(count, rows));
  const { reflectors, upper } = lineQr(team, linesOf(team, allocator, source, factor, true), allocator);
  const units = unitLines(team.space, allocator, count, rows);
  applyReflectors(team, units, reflectors, allocator, true);
  return { q: matrixOf(team.space, turned(units)), r: matrixOf(team.space, turned(upper), 1 / factor) };
}
