import { RlvrError } from '../errors.ts';
import { ALIGNMENT } from './kernels/vectorKernels.ts';
import { balancingFactor, matrix, takeColumns, type Matrix } from './matrix.ts';
import { PendingRotations, rotationFor } from './rotations.ts';
import { part, turned, type Block } from './space/block.ts';
import { teamHere } from './space/here.ts';
import { applyReflectors, roomForReflectors } from './space/lineQr.ts';
import { clear, lineDots } from './space/lines.ts';
import { linesOf, matrixOf, roomForMatrix, unitLines } from './space/matrixLines.ts';
import { reflect } from './space/reflect.ts';
import { aligned } from './space/space.ts';

const BYTES = Float64Array.BYTES_PER_ELEMENT;
const SWEEPS_PER_VALUE = 60;
/** Largest difference between mirrored entries that is taken for rounding, relative to the largest entry. */
const ASYMMETRY = 1e-10;

/** A = X diag(values) Xᵀ for a symmetric A. */
export interface SymmetricEigen {
  /** Smallest first. */
  readonly values: Float64Array;
  /** Column k belongs to value k; orthogonal. */
  readonly vectors: Matrix;
}

/** A symmetric tridiagonal matrix, and rows that its eigenvectors are multiplied with. */
export interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Entries beside the diagonal; the last one is not used. */
  readonly beside: Float64Array;
  /** [any, size]. */
  readonly basis: Matrix;
}

/** A = Q T Qᵀ with T tridiagonal (G. H. Golub, C. F. Van Loan: Matrix computations, 4th edition, section 8.3.1). */
function tridiagonalize(source: Matrix): Tridiagonal {
  const size = source.rows;
  const { team, allocator } = teamHere(3 * roomForMatrix(size, size) + roomForReflectors(size) + 2 * size + 64);
  const { space } = team;
  const { values, kernels } = space;
  const work = linesOf(team, allocator, source);
  const reflectors = { lines: allocator.lines(size, size), taus: new Float64Array(size), offset: 1 };
  const product = allocator.numbers(size + ALIGNMENT);
  const diagonal = new Float64Array(size);
  const beside = new Float64Array(size);
  clear(space, reflectors.lines);
  for (let index = 0; index + 1 < size; index++) {
    const next = index + 1;
    const begin = next - (next % ALIGNMENT);
    const end = aligned(size);
    const row = work.at + index * work.rowStride;
    const vector = reflectors.lines.at + index * reflectors.lines.rowStride;
    diagonal[index] = values[row + index] ?? 0;
    values.copyWithin(vector + next, row + next, row + size);
    const { tau, beta } = reflect(values, vector + next, vector + size);
    beside[index] = beta;
    reflectors.taus[index] = tau;
    const rest: Block = { ...part(work, next, begin), columns: end - begin };
    values.fill(0, product, product + size + ALIGNMENT);
    lineDots(space, product + next, vector + begin, rest);
    let overlap = 0;
    for (let at = next; at < size; at++) overlap += (values[product + at] ?? 0) * (values[vector + at] ?? 0);
    for (let at = next; at < size; at++) {
      values[product + at] = tau * ((values[product + at] ?? 0) - 0.5 * tau * overlap * (values[vector + at] ?? 0));
    }
    for (let line = next; line < size; line++) {
      const start = (work.at + line * work.rowStride + begin) * BYTES;
      const stop = start + rest.columns * BYTES;
      kernels.combine1(start, stop, (product + line) * BYTES, -1, (vector + begin) * BYTES, 0);
      kernels.combine1(start, stop, (vector + line) * BYTES, -1, (product + begin) * BYTES, 0);
    }
  }
  if (size > 0) diagonal[size - 1] = values[work.at + (size - 1) * (work.rowStride + 1)] ?? 0;
  const basis = unitLines(space, allocator, size, size);
  applyReflectors(team, basis, reflectors, allocator, true);
  return { diagonal, beside, basis: matrixOf(space, turned(basis)) };
}

/** One implicit QR sweep with Wilkinson's shift over rows `first` ... `last` (the same, section 8.3.5). */
function sweep({ diagonal, beside }: Tridiagonal, first: number, last: number, rotations: PendingRotations): void {
  const end = diagonal[last] ?? 0;
  const side = beside[last - 1] ?? 0;
  const half = ((diagonal[last - 1] ?? 0) - end) / 2;
  const shift = end - (side * side) / (half + (half < 0 ? -1 : 1) * Math.hypot(half, side));
  let f = (diagonal[first] ?? 0) - shift;
  let g = beside[first] ?? 0;
  for (let index = first; index < last; index++) {
    const { c, s, r } = rotationFor(f, g);
    if (index > first) {
      beside[index - 1] = r;
    }
    const upper = diagonal[index] ?? 0;
    const lower = diagonal[index + 1] ?? 0;
    const between = beside[index] ?? 0;
    const moved = s * (s * (lower - upper) + 2 * c * between);
    diagonal[index] = upper + moved;
    diagonal[index + 1] = lower - moved;
    f = c * s * (lower - upper) + (c * c - s * s) * between;
    beside[index] = f;
    if (index + 1 < last) {
      g = s * (beside[index + 1] ?? 0);
      beside[index + 1] = c * (beside[index + 1] ?? 0);
    }
    rotations.add(c, s);
  }
}

/** Eigenvalues on the diagonal, in no order, and `basis` times the eigenvectors in its place: O(size²) work for each row of it. */
export function diagonalizeTridiagonal(form: Tridiagonal): void {
  const { diagonal, beside, basis } = form;
  const rotations = new PendingRotations(basis);
  const largest = [...diagonal, ...beside].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const isSplit = (index: number): boolean => {
    const neighbours = Math.abs(diagonal[index] ?? 0) + Math.abs(diagonal[index + 1] ?? 0);
    return Math.abs(beside[index] ?? 0) <= Number.EPSILON * Math.max(neighbours, 0.5 * largest);
  };
  let last = diagonal.length - 1;
  for (let sweeps = 0; last > 0; sweeps++) {
    if (sweeps > SWEEPS_PER_VALUE * diagonal.length) {
      throw new RlvrError('tensor/run', `The eigenvalues of a matrix with ${diagonal.length} rows were not found.`);
    }
    let first = last;
    while (first > 0 && !isSplit(first - 1)) {
      first -= 1;
    }
    if (first === last) {
      last -= 1;
    } else {
      rotations.beginSweep(first, last - first);
      sweep(form, first, last, rotations);
    }
  }
  rotations.apply();
}

/** (A + Aᵀ) / 2, times `factor`. */
function symmetricPart(source: Matrix, factor: number): Matrix {
  const { rows: size, data } = source;
  const result = matrix(size, size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const left = factor * (data[row * size + column] ?? 0);
      const right = factor * (data[column * size + row] ?? 0);
      if (Math.abs(left - right) > ASYMMETRY) {
        const problem = `Eigenvalues are of a symmetric matrix; entries (${row}, ${column}) and (${column}, ${row}) differ.`;
        throw new RlvrError('config/invalid', problem, { row, column });
      }
      result.data[row * size + column] = (left + right) / 2;
    }
  }
  return result;
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, by tridiagonal form and implicit QR sweeps in float64. Values are exact to about
 * 1e-15 of the largest. What is left of asymmetry by rounding is averaged out.
 *
 * @throws RlvrError `config/invalid` for a matrix that is not square and symmetric, `training/not-finite` for a NaN or an infinity.
 */
export function eigh(source: Matrix): SymmetricEigen {
  const { rows, columns } = source;
  if (rows !== columns) {
    throw new RlvrError('config/invalid', `Eigenvalues are of a square matrix, not one of ${rows} x ${columns}.`, {
      rows,
      columns,
    });
  }
  const factor = balancingFactor(source);
  const form = tridiagonalize(symmetricPart(source, factor));
  diagonalizeTridiagonal(form);
  const { diagonal, basis } = form;
  const order = [...diagonal.keys()].sort((a, b) => (diagonal[a] ?? 0) - (diagonal[b] ?? 0));
  const values = Float64Array.from(order, (index) => (diagonal[index] ?? 0) / factor);
  return { values, vectors: takeColumns(basis, order) };
}
