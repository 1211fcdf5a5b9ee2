import { diagonalize } from '../bidiagonalSvd.ts';
import { identity, takeColumns, type Matrix } from '../matrix.ts';
import { PendingRotations, rotationFor } from '../rotations.ts';

/** The singular values of a small upper bidiagonal matrix, largest first, and vectors in columns. */
export interface SmallSvd {
  readonly values: Float64Array;
  /** n x n. */
  readonly left: Matrix;
  /** As large as the matrix has columns; where that is n + 1, the last column is the direction that it maps to 0. */
  readonly right: Matrix;
}

/** Rotates columns `one` and `two`: (x, y) become (c x + s y, c y - s x). */
function rotateColumns({ rows, columns, data }: Matrix, one: number, two: number, c: number, s: number): void {
  for (let start = 0; start < rows * columns; start += columns) {
    const [x, y] = [data[start + one] ?? 0, data[start + two] ?? 0];
    data[start + one] = c * x + s * y;
    data[start + two] = c * y - s * x;
  }
}

/** Singular values and vectors by implicit QR sweeps. `above` has one entry less than `diagonal`, or as many: n x (n + 1). */
export function smallSvd(diagonal: Float64Array, above: Float64Array): SmallSvd {
  const size = diagonal.length;
  const values = diagonal.slice();
  const sides = Float64Array.from({ length: size }, (_, index) => (index < size - 1 ? (above[index] ?? 0) : 0));
  const left = identity(size);
  const right = identity(above.length === size ? size + 1 : size);
  if (above.length === size) {
    let outside = above[size - 1] ?? 0;
    for (let index = size - 1; index >= 0; index--) {
      const { c, s, r } = rotationFor(values[index] ?? 0, outside);
      values[index] = r;
      rotateColumns(right, index, size, c, s);
      if (index > 0) {
        outside = -s * (sides[index - 1] ?? 0);
        sides[index - 1] = c * (sides[index - 1] ?? 0);
      }
    }
  }
  diagonalize({ diagonal: values, above: sides, left: new PendingRotations(left), right: new PendingRotations(right) });
  const order = [...values.keys()].sort((a, b) => Math.abs(values[b] ?? 0) - Math.abs(values[a] ?? 0));
  const signs = order.map((column) => ((values[column] ?? 0) < 0 ? -1 : 1));
  const outside = right.columns > size ? [size] : [];
  return {
    values: Float64Array.from(order, (column) => Math.abs(values[column] ?? 0)),
    left: takeColumns(left, order),
    right: takeColumns(right, [...order, ...outside], [...signs, 1]),
  };
}
