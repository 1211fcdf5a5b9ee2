import { BLOCK_NUMBERS, blockFrom, blockNumbers, type Block } from './block.ts';
import type { Space } from './space.ts';
import type { Team } from './team.ts';

const TILE = 16;
const CHUNKS = 8;

/** A matrix as its owner has put it into the memory: row-major and without gaps, from a place that counts its own entries. */
export interface RawMatrix {
  readonly at: number;
  readonly rows: number;
  readonly columns: number;
  readonly isSingle: boolean;
}

function rawNumbers({ at, rows, columns, isSingle }: RawMatrix): number[] {
  return [at, rows, columns, isSingle ? 1 : 0];
}

function rawFrom({ memory, values }: Space, numbers: ArrayLike<number>, from: number) {
  const [at = 0, rows = 0, columns = 0, isSingle] = [0, 1, 2, 3].map((index) => numbers[from + index]);
  const data = isSingle === 1 ? new Float32Array(memory.buffer) : values;
  return { at, rows, columns, data };
}

/** One chunk of the search for the largest entry: it ends in `found` + chunk, as NaN where there is one that is no finite number. */
export function largestChunk(space: Space, numbers: ArrayLike<number>, chunk: number): void {
  const { at, rows, columns, data } = rawFrom(space, numbers, 0);
  const found = numbers[4] ?? 0;
  const share = Math.ceil((rows * columns) / CHUNKS);
  const end = at + Math.min(rows * columns, (chunk + 1) * share);
  let largest = 0;
  let zeros = 0;
  for (let index = at + chunk * share; index < end; index++) {
    const value = data[index] ?? 0;
    // NaN and infinities make this NaN for good.
    zeros += value * 0;
    const size = Math.abs(value);
    if (size > largest) largest = size;
  }
  space.values[found + chunk] = largest + zeros;
}

/** The largest absolute value of a matrix, NaN where an entry is no finite number. `room`: for 8 doubles. */
export function largestOf(team: Team, raw: RawMatrix, room: number): number {
  team.run('largest', [...rawNumbers(raw), room], CHUNKS);
  return team.space.values
    .subarray(room, room + CHUNKS)
    .reduce((most, value) => (value > most || value !== value ? value : most), 0);
}

/** One chunk of the copy of a matrix to lines (numbers: the matrix, the lines, a factor, 1 where lines are its columns). */
export function loadChunk(space: Space, numbers: ArrayLike<number>, chunk: number): void {
  const { values } = space;
  const { at, columns, data } = rawFrom(space, numbers, 0);
  const lines = blockFrom(numbers, 4);
  const factor = numbers[4 + BLOCK_NUMBERS] ?? 1;
  const isTurned = numbers[5 + BLOCK_NUMBERS] === 1;
  const share = Math.ceil(lines.rows / CHUNKS);
  const last = Math.min(lines.rows, (chunk + 1) * share);
  const [byLine, byEntry] = isTurned ? [1, columns] : [columns, 1];
  // Lines that are columns are copied a few entries at a time, so that what comes into the cache with one of them serves the others.
  const [linesAtOnce, entriesAtOnce] = isTurned ? [TILE, TILE] : [1, lines.columns];
  for (let from = chunk * share; from < last; from += linesAtOnce) {
    const to = Math.min(from + linesAtOnce, last);
    for (let start = 0; start < lines.columns; start += entriesAtOnce) {
      copyTile(from, to, start, Math.min(start + entriesAtOnce, lines.columns));
    }
  }

  function copyTile(from: number, to: number, start: number, end: number): void {
    for (let line = from; line < to; line++) {
      const target = lines.at + line * lines.rowStride;
      const source = at + line * byLine;
      for (let entry = start; entry < end; entry++) {
        values[target + entry] = factor * (data[source + entry * byEntry] ?? 0);
      }
      if (end === lines.columns) values.fill(0, target + end, target + lines.rowStride);
    }
  }
}

/** Copies a matrix, times `factor`, to lines: its rows, or its columns. */
export function load(team: Team, raw: RawMatrix, lines: Block, factor: number, areColumns: boolean): void {
  team.run('load', [...rawNumbers(raw), ...blockNumbers(lines), factor, areColumns ? 1 : 0], CHUNKS);
}

/** One chunk of the copy of lines to the columns of a row-major matrix (numbers: lines, place of their order, target). */
export function storeChunk({ values }: Space, numbers: ArrayLike<number>, chunk: number): void {
  const lines = blockFrom(numbers);
  const [order, target] = [numbers[BLOCK_NUMBERS] ?? 0, numbers[BLOCK_NUMBERS + 1] ?? 0];
  const count = lines.rows;
  const share = Math.ceil(lines.columns / CHUNKS / TILE) * TILE;
  const last = Math.min(lines.columns, (chunk + 1) * share);
  for (let from = chunk * share; from < last; from += TILE) {
    const to = Math.min(from + TILE, last);
    for (let index = 0; index < count; index++) {
      const source = lines.at + (values[order + index] ?? 0) * lines.rowStride;
      for (let entry = from; entry < to; entry++) values[target + entry * count + index] = values[source + entry] ?? 0;
    }
  }
}

/** Copies lines, in the order of a list, to the columns of a row-major matrix at `target`. */
export function store(team: Team, lines: Block, order: number, target: number): void {
  team.run('store', [...blockNumbers(lines), order, target], CHUNKS);
}
