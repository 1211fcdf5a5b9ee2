import { accumulate, emptyReflectors, reflect, type Reflectors } from './householder.ts';
import { scale, type Matrix } from './matrix.ts';

/** A = U B Vᵀ with B upper bidiagonal. */
export interface Bidiagonal {
  /** The diagonal of B. */
  readonly diagonal: Float64Array;
  /** What stands right of it: one entry less, and a 0. */
  readonly above: Float64Array;
  /** rows x columns, orthonormal columns. */
  left(): Matrix;
  /** columns x columns, orthogonal. */
  right(): Matrix;
}

/** products[j] = tau * sum over rows of vector[row] * work[row, j], from column `first` on. */
function weightedRowSum(
  work: Matrix,
  vector: Float64Array,
  tau: number,
  from: number,
  first: number,
  products: Float64Array,
): void {
  const { rows, columns, data } = work;
  products.fill(0);
  let row = from;
  for (; row + 3 < rows; row += 4) {
    const a = tau * (vector[row] ?? 0);
    const b = tau * (vector[row + 1] ?? 0);
    const c = tau * (vector[row + 2] ?? 0);
    const d = tau * (vector[row + 3] ?? 0);
    let at = row * columns + first;
    for (let column = first; column < columns; column++, at++) {
      products[column] =
        (products[column] ?? 0) +
        (a * (data[at] ?? 0) + b * (data[at + columns] ?? 0)) +
        (c * (data[at + 2 * columns] ?? 0) + d * (data[at + 3 * columns] ?? 0));
    }
  }
  for (; row < rows; row++) {
    const a = tau * (vector[row] ?? 0);
    for (let column = first; column < columns; column++) {
      products[column] = (products[column] ?? 0) + a * (data[row * columns + column] ?? 0);
    }
  }
}

/**
 * Both updates of one row while it is in the cache: row -= leftValue * products, then row -= tau (row · right) right.
 */
function updateRow(
  work: Matrix,
  row: number,
  first: number,
  leftValue: number,
  products: Float64Array,
  right: Float64Array,
  tau: number,
): void {
  const { columns, data } = work;
  const start = row * columns;
  let even = 0;
  let odd = 0;
  let column = first;
  for (; column + 1 < columns; column += 2) {
    const at = start + column;
    const value0 = (data[at] ?? 0) - leftValue * (products[column] ?? 0);
    const value1 = (data[at + 1] ?? 0) - leftValue * (products[column + 1] ?? 0);
    data[at] = value0;
    data[at + 1] = value1;
    even += value0 * (right[column] ?? 0);
    odd += value1 * (right[column + 1] ?? 0);
  }
  if (column < columns) {
    const value = (data[start + column] ?? 0) - leftValue * (products[column] ?? 0);
    data[start + column] = value;
    even += value * (right[column] ?? 0);
  }
  const dot = tau * (even + odd);
  for (column = first; column < columns; column++) {
    data[start + column] = (data[start + column] ?? 0) - dot * (right[column] ?? 0);
  }
}

function vectorOf(reflectors: Reflectors, index: number): Float64Array {
  const { columns, data } = reflectors.vectors;
  return data.subarray(index * columns, (index + 1) * columns);
}

/**
 * Bidiagonal form by Householder reflectors from both sides in turn (G. H. Golub, W. Kahan 1965), for a matrix with at least as many
 * rows as columns and entries of about 1 at most. `source` stays as it is.
 */
export function bidiagonalize(source: Matrix): Bidiagonal {
  const work = scale(source, 1);
  const { rows, columns, data } = work;
  const lefts = emptyReflectors(columns, rows);
  const rights = emptyReflectors(Math.max(0, columns - 1), columns, 1);
  const diagonal = new Float64Array(columns);
  const above = new Float64Array(columns);
  const products = new Float64Array(columns);
  for (let index = 0; index < columns; index++) {
    const left = vectorOf(lefts, index);
    for (let row = index; row < rows; row++) {
      left[row] = data[row * columns + index] ?? 0;
    }
    diagonal[index] = reflect(lefts, index);
    if (index + 1 === columns) {
      break;
    }
    weightedRowSum(work, left, lefts.taus[index] ?? 0, index, index + 1, products);
    const right = vectorOf(rights, index);
    for (let column = index + 1; column < columns; column++) {
      right[column] = (data[index * columns + column] ?? 0) - (products[column] ?? 0);
    }
    above[index] = reflect(rights, index);
    const tau = rights.taus[index] ?? 0;
    for (let row = index + 1; row < rows; row++) {
      updateRow(work, row, index + 1, left[row] ?? 0, products, right, tau);
    }
  }
  return { diagonal, above, left: () => accumulate(lefts, columns), right: () => accumulate(rights, columns) };
}
