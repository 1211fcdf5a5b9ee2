import type { Matrix } from '../matrix.ts';
import type { Block } from './block.ts';
import { clear } from './lines.ts';
import { lineStride, type Allocator, type Space } from './space.ts';
import type { Team } from './team.ts';
import { load } from './transfer.ts';

const TILE = 16;

/** Doubles that `linesOf` takes for a matrix. */
export function roomForMatrix(rows: number, columns: number): number {
  return rows * columns + Math.max(rows * lineStride(columns), columns * lineStride(rows)) + 64;
}

/** A copy of `source`, times `factor`, as lines: its rows, or its columns. */
export function linesOf(team: Team, allocator: Allocator, source: Matrix, factor = 1, areColumns = false): Block {
  const { rows, columns, data } = source;
  const lines = areColumns ? allocator.lines(columns, rows) : allocator.lines(rows, columns);
  const used = allocator.used;
  const at = allocator.numbers(rows * columns);
  team.space.values.set(data, at);
  load(team, { at, rows, columns, isSingle: false }, lines, factor, areColumns);
  allocator.release(used);
  return lines;
}

/** The first `rows` unit vectors as lines. */
export function unitLines(space: Space, allocator: Allocator, rows: number, columns: number): Block {
  const lines = allocator.lines(rows, columns);
  clear(space, lines);
  for (let line = 0; line < rows; line++) space.values[lines.at + line * (lines.rowStride + 1)] = 1;
  return lines;
}

/** A copy of a block, times `factor`. */
export function matrixOf({ values }: Space, block: Block, factor = 1): Matrix {
  const { at, rows, columns, rowStride, columnStride } = block;
  const data = new Float64Array(rows * columns);
  for (let from = 0; from < columns; from += TILE) {
    const to = Math.min(from + TILE, columns);
    for (let row = 0; row < rows; row++) {
      for (let column = from; column < to; column++) {
        data[row * columns + column] = factor * (values[at + row * rowStride + column * columnStride] ?? 0);
      }
    }
  }
  return { rows, columns, data };
}
