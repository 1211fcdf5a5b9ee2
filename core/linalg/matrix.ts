import { RlvrError } from '../errors.ts';

/** A dense matrix in float64, row-major: entry (i, j) is `data[i * columns + j]`. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/**
 * A matrix of copied `values` (row-major), or of zeros.
 *
 * @throws RlvrError `config/invalid` where their number does not fit the shape.
 */
export function matrix(rows: number, columns: number, values?: ArrayLike<number>): Matrix {
  if (values !== undefined && values.length !== rows * columns) {
    const problem = `A ${rows} x ${columns} matrix has ${rows * columns} entries, not ${values.length}.`;
    throw new RlvrError('config/invalid', problem, { rows, columns, values: values.length });
  }
  return { rows, columns, data: values === undefined ? new Float64Array(rows * columns) : Float64Array.from(values) };
}

/** The unit matrix, or its first `columns` columns. */
export function identity(rows: number, columns = rows): Matrix {
  const result = matrix(rows, columns);
  for (let index = 0; index < Math.min(rows, columns); index++) {
    result.data[index * columns + index] = 1;
  }
  return result;
}

const TILE = 32;

/** The transposed matrix, as a copy. */
export function transpose(source: Matrix): Matrix {
  const { rows, columns, data } = source;
  const result = matrix(columns, rows);
  for (let tile = 0; tile < rows; tile += TILE) {
    const end = Math.min(tile + TILE, rows);
    for (let column = 0; column < columns; column++) {
      for (let row = tile; row < end; row++) {
        result.data[column * rows + row] = data[row * columns + column] ?? 0;
      }
    }
  }
  return result;
}

/** Columns `from` ... `to` - 1, as a copy. */
export function columnsOf(source: Matrix, from: number, to: number): Matrix {
  const result = matrix(source.rows, to - from);
  for (let row = 0; row < source.rows; row++) {
    const start = row * source.columns;
    result.data.set(source.data.subarray(start + from, start + to), row * result.columns);
  }
  return result;
}

/** Column `order[k]` of `source` times `signs[k]` (1 where there are none) as column k. */
export function takeColumns(source: Matrix, order: readonly number[], signs?: ArrayLike<number>): Matrix {
  const result = matrix(source.rows, order.length);
  for (const [column, from] of order.entries()) {
    const sign = signs?.[column] ?? 1;
    for (let row = 0; row < source.rows; row++) {
      result.data[row * order.length + column] = sign * (source.data[row * source.columns + from] ?? 0);
    }
  }
  return result;
}

/** `left` + `right`, entry by entry. */
export function add(left: Matrix, right: Matrix): Matrix {
  if (left.rows !== right.rows || left.columns !== right.columns) {
    const shapes = `${left.rows} x ${left.columns} and ${right.rows} x ${right.columns}`;
    throw new RlvrError('config/invalid', `Matrices of different shapes cannot be added: ${shapes}.`);
  }
  return matrix(
    left.rows,
    left.columns,
    left.data.map((value, index) => value + (right.data[index] ?? 0)),
  );
}

/**
 * The largest absolute value, 0 for an empty matrix.
 *
 * @throws RlvrError `training/not-finite` for a NaN or an infinity, with its place.
 */
export function largestEntry(source: Matrix): number {
  let largest = 0;
  for (let index = 0; index < source.data.length; index++) {
    const size = Math.abs(source.data[index] ?? 0);
    if (!(size < Number.POSITIVE_INFINITY)) {
      const row = Math.floor(index / source.columns);
      const column = index % source.columns;
      const problem = `The entry in row ${row}, column ${column} of a ${source.rows} x ${source.columns} matrix is not finite.`;
      throw new RlvrError('training/not-finite', problem, { row, column });
    }
    largest = size > largest ? size : largest;
  }
  return largest;
}

/** The square root of the sum of squares, without overflow or underflow of the squares. */
export function frobeniusNorm(source: Matrix): number {
  const scale = largestEntry(source);
  if (scale === 0) {
    return 0;
  }
  const sum = source.data.reduce((total, value) => total + (value / scale) * (value / scale), 0);
  return scale * Math.sqrt(sum);
}

/** Every entry times `factor`, as a copy. */
export function scale(source: Matrix, factor: number): Matrix {
  return matrix(
    source.rows,
    source.columns,
    source.data.map((value) => value * factor),
  );
}

/**
 * A power of two that brings the largest entry near 1, so that squares of entries neither overflow nor vanish; 1 for a zero matrix.
 * Scaling by it and by its inverse is exact.
 *
 * @throws RlvrError `training/not-finite` for a NaN or an infinity.
 */
export function balancingFactor(source: Matrix): number {
  const largest = largestEntry(source);
  return largest === 0 ? 1 : 2 ** -Math.max(-1000, Math.min(1000, Math.floor(Math.log2(largest))));
}
