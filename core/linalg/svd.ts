import { largestEntry, matrix, type Matrix } from './matrix.ts';
import { decompose, roomFor, type DecompositionRequest } from './space/decompose.ts';
import { teamHere } from './space/here.ts';

/** A = U diag(s) Vᵀ, k = min(rows, columns). */
export interface SingularVectors {
  /** rows x k, orthonormal columns. */
  readonly u: Matrix;
  /** k values, largest first. */
  readonly s: Float64Array;
  /** columns x k, orthonormal columns. */
  readonly v: Matrix;
}

function decomposeHere(source: Matrix, vectors: DecompositionRequest['vectors']) {
  // Names the entry that is no finite number.
  largestEntry(source);
  const { rows, columns, data } = source;
  const { team, allocator } = teamHere(roomFor(rows, columns));
  const at = allocator.numbers(rows * columns);
  team.space.values.set(data, at);
  const found = decompose(team, { source: { at, rows, columns, isSingle: false }, vectors }, allocator);
  return { found, values: team.space.values };
}

/**
 * Singular values and vectors in float64: QR factors first for long matrices, bidiagonal form, and divide and conquer (`decompose`).
 * Values are exact to about 1e-14 of the largest, whatever the scale; smaller ones have no more digits. Vectors are unique up to sign
 * where their value stands apart. It blocks the calling thread: `svdInBackground` is for what takes longer.
 *
 * @throws RlvrError `training/not-finite` for a NaN or an infinity.
 */
export function svd(source: Matrix): SingularVectors {
  const { rows, columns } = source;
  const { found, values } = decomposeHere(source, 'both');
  const take = (at: number, length: number, count: number): Matrix =>
    matrix(length, count, values.subarray(at, at + length * count));
  return {
    u: take(found.left, rows, found.leftCount),
    s: found.values,
    v: take(found.right, columns, found.rightCount),
  };
}

/** The singular values alone, largest first, several times faster than with vectors. */
export function singularValues(source: Matrix): Float64Array {
  return decomposeHere(source, 'none').found.values;
}
