import { RlvrError } from '../errors.ts';
import { matrix, transpose, type Matrix } from './matrix.ts';

// A block of the right factor stays in the second-level cache while every row of the left one meets it.
const DEPTH_BLOCK = 64;
const COLUMN_BLOCK = 512;

/** A rectangle inside a matrix: `rows` x `columns` entries, the first at (`row`, `column`). */
export interface Region {
  readonly matrix: Matrix;
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
}

/** The part of `source` that begins at (`row`, `column`). Nothing is copied. */
export function region(
  source: Matrix,
  row = 0,
  column = 0,
  rows = source.rows - row,
  columns = source.columns - column,
): Region {
  return { matrix: source, row, column, rows, columns };
}

interface Tile {
  readonly left: Float64Array;
  /** Distances in `left` between rows and between columns of the (possibly transposed) left factor. */
  readonly leftRow: number;
  readonly leftColumn: number;
  readonly right: Float64Array;
  readonly rightStride: number;
  readonly target: Float64Array;
  readonly factor: number;
}

/** Adds `factor` times the product of one row of the left factor and `depth` rows of the right one to one row of the target. */
function addToRow(tile: Tile, leftAt: number, rightAt: number, targetAt: number, depth: number, width: number): void {
  const { left, leftColumn, right, rightStride, target, factor } = tile;
  for (let step = 0; step < depth; step++) {
    const value = factor * (left[leftAt + step * leftColumn] ?? 0);
    const row = rightAt + step * rightStride;
    for (let column = 0; column < width; column++) {
      target[targetAt + column] = (target[targetAt + column] ?? 0) + value * (right[row + column] ?? 0);
    }
  }
}

/** The same for two rows at once and four steps at a time: 16 operations for 6 loads and 2 stores. */
function addToTwoRows(
  tile: Tile,
  leftAt: number,
  rightAt: number,
  targetAt: number,
  below: number,
  depth: number,
  width: number,
): void {
  const { left, leftRow, leftColumn, right, rightStride, target, factor } = tile;
  const whole = depth - (depth % 4);
  for (let step = 0; step < whole; step += 4) {
    const at = leftAt + step * leftColumn;
    const a0 = factor * (left[at] ?? 0);
    const a1 = factor * (left[at + leftColumn] ?? 0);
    const a2 = factor * (left[at + 2 * leftColumn] ?? 0);
    const a3 = factor * (left[at + 3 * leftColumn] ?? 0);
    const b0 = factor * (left[at + leftRow] ?? 0);
    const b1 = factor * (left[at + leftRow + leftColumn] ?? 0);
    const b2 = factor * (left[at + leftRow + 2 * leftColumn] ?? 0);
    const b3 = factor * (left[at + leftRow + 3 * leftColumn] ?? 0);
    const row0 = rightAt + step * rightStride;
    const row1 = row0 + rightStride;
    const row2 = row1 + rightStride;
    const row3 = row2 + rightStride;
    for (let column = 0; column < width; column++) {
      const r0 = right[row0 + column] ?? 0;
      const r1 = right[row1 + column] ?? 0;
      const r2 = right[row2 + column] ?? 0;
      const r3 = right[row3 + column] ?? 0;
      const upper = targetAt + column;
      const lower = upper + below;
      target[upper] = (target[upper] ?? 0) + (a0 * r0 + a1 * r1) + (a2 * r2 + a3 * r3);
      target[lower] = (target[lower] ?? 0) + (b0 * r0 + b1 * r1) + (b2 * r2 + b3 * r3);
    }
  }
  if (whole < depth) {
    const at = leftAt + whole * leftColumn;
    const row = rightAt + whole * rightStride;
    addToRow(tile, at, row, targetAt, depth - whole, width);
    addToRow(tile, at + leftRow, row, targetAt + below, depth - whole, width);
  }
}

/**
 * target += factor * left * right, or factor * leftᵀ * right, in place. The regions must not overlap `target`.
 *
 * @throws RlvrError `config/invalid` where the shapes do not fit.
 */
export function addProduct(target: Region, factor: number, left: Region, right: Region, leftTransposed = false): void {
  const rows = leftTransposed ? left.columns : left.rows;
  const depth = leftTransposed ? left.rows : left.columns;
  if (rows !== target.rows || depth !== right.rows || right.columns !== target.columns) {
    const shapes = `${rows} x ${depth} and ${right.rows} x ${right.columns} into ${target.rows} x ${target.columns}`;
    throw new RlvrError('config/invalid', `Matrices whose shapes do not fit cannot be multiplied: ${shapes}.`);
  }
  const stride = left.matrix.columns;
  const tile: Tile = {
    left: left.matrix.data,
    leftRow: leftTransposed ? 1 : stride,
    leftColumn: leftTransposed ? stride : 1,
    right: right.matrix.data,
    rightStride: right.matrix.columns,
    target: target.matrix.data,
    factor,
  };
  const below = target.matrix.columns;
  const leftStart = left.row * stride + left.column;
  const rightStart = right.row * tile.rightStride + right.column;
  const targetStart = target.row * below + target.column;
  for (let column = 0; column < target.columns; column += COLUMN_BLOCK) {
    const width = Math.min(COLUMN_BLOCK, target.columns - column);
    for (let step = 0; step < depth; step += DEPTH_BLOCK) {
      const part = Math.min(DEPTH_BLOCK, depth - step);
      const rightAt = rightStart + step * tile.rightStride + column;
      let row = 0;
      for (; row + 1 < rows; row += 2) {
        const leftAt = leftStart + row * tile.leftRow + step * tile.leftColumn;
        addToTwoRows(tile, leftAt, rightAt, targetStart + row * below + column, below, part, width);
      }
      if (row < rows) {
        const leftAt = leftStart + row * tile.leftRow + step * tile.leftColumn;
        addToRow(tile, leftAt, rightAt, targetStart + row * below + column, part, width);
      }
    }
  }
}

/** left * right. */
export function multiply(left: Matrix, right: Matrix): Matrix {
  const result = matrix(left.rows, right.columns);
  addProduct(region(result), 1, region(left), region(right));
  return result;
}

/** leftᵀ * right. */
export function multiplyLeftTransposed(left: Matrix, right: Matrix): Matrix {
  const result = matrix(left.columns, right.columns);
  addProduct(region(result), 1, region(left), region(right), true);
  return result;
}

/** left * rightᵀ. */
export function multiplyRightTransposed(left: Matrix, right: Matrix): Matrix {
  return multiply(left, transpose(right));
}
