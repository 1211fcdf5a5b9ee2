import { BLOCK_NUMBERS, blockFrom, part, type Block } from './block.ts';
import { addProductHere } from './gemm.ts';
import { clear } from './lines.ts';
import { findRoot, weightOfRoots, type SecularPlaces } from './secular.ts';
import type { Space } from './space.ts';

const SECULAR_NUMBERS = 7;

/** A secular equation as numbers. */
export function secularNumbers(places: SecularPlaces): number[] {
  const { count, poles, weights, exactWeights, roots, origins, shifts } = places;
  return [count, poles, weights, exactWeights, roots, origins, shifts];
}

function secularFrom(numbers: ArrayLike<number>): SecularPlaces {
  const [count, poles, weights, exactWeights, roots, origins, shifts] = Array.from(
    { length: SECULAR_NUMBERS },
    (_, index) => numbers[index] ?? 0,
  ) as [number, number, number, number, number, number, number];
  return { count, poles, weights, exactWeights, roots, origins, shifts };
}

function eachOf(
  numbers: ArrayLike<number>,
  chunk: number,
  visit: (places: SecularPlaces, index: number) => void,
): void {
  const places = secularFrom(numbers);
  const size = numbers[SECULAR_NUMBERS] ?? 1;
  for (let index = chunk * size; index < Math.min(places.count, (chunk + 1) * size); index++) visit(places, index);
}

/** One chunk of the roots (numbers: the equation, and how many a chunk has). */
export function rootsChunk({ values }: Space, numbers: ArrayLike<number>, chunk: number): void {
  eachOf(numbers, chunk, (places, index) => findRoot(values, places, index));
}

/** One chunk of the exact weights, once all roots are there. */
export function weightsChunk({ values }: Space, numbers: ArrayLike<number>, chunk: number): void {
  eachOf(numbers, chunk, (places, index) => weightOfRoots(values, places, index));
}

/** Old vectors of one half, and which poles they belong to. */
export interface OldVectors {
  readonly lines: Block;
  /** Place of the pole of each line. */
  readonly members: number;
}

/** What one side's new vectors are made from. */
export interface SideOfMerge {
  readonly first: OldVectors;
  readonly second: OldVectors;
  /** Takes the new vectors: one line for each chosen root. */
  readonly target: Block;
  /** The target's column where the vectors of the second half begin. */
  readonly secondColumn: number;
  /** The column of the row between the halves, which pole 0 stands for, on the left side; -1 on the right. */
  readonly middleColumn: number;
}

const SIDE_NUMBERS = 3 * BLOCK_NUMBERS + 4;

/** A side as numbers. */
export function sideNumbers({ first, second, target, secondColumn, middleColumn }: SideOfMerge): number[] {
  const blocks = [first.lines, second.lines, target].flatMap((b) => [
    b.at,
    b.rows,
    b.columns,
    b.rowStride,
    b.columnStride,
  ]);
  return [...blocks, first.members, second.members, secondColumn, middleColumn];
}

function sideFrom(numbers: ArrayLike<number>, from: number): SideOfMerge {
  const number = (index: number): number => numbers[from + 3 * BLOCK_NUMBERS + index] ?? 0;
  return {
    first: { lines: blockFrom(numbers, from), members: number(0) },
    second: { lines: blockFrom(numbers, from + BLOCK_NUMBERS), members: number(1) },
    target: blockFrom(numbers, from + 2 * BLOCK_NUMBERS),
    secondColumn: number(2),
    middleColumn: number(3),
  };
}

/** Vector coefficients of one root at all poles into `target`: of the right vector, or of the left one. Both of unit length. */
function coefficientsOf({ values }: Space, places: SecularPlaces, root: number, target: number, isLeft: boolean): void {
  const { count, poles, exactWeights, roots, origins, shifts } = places;
  const origin = values[poles + (values[origins + root] ?? 0)] ?? 0;
  const shift = values[shifts + root] ?? 0;
  const value = values[roots + root] ?? 0;
  let squares = 0;
  for (let j = 0; j < count; j++) {
    const d = values[poles + j] ?? 0;
    const ratio = (values[exactWeights + j] ?? 0) / ((d - origin - shift) * (d + value));
    const entry = !isLeft ? ratio : j === 0 ? -1 : d * ratio;
    values[target + j] = entry;
    squares += entry * entry;
  }
  const inverse = 1 / Math.sqrt(squares);
  for (let j = 0; j < count; j++) values[target + j] = (values[target + j] ?? 0) * inverse;
}

/** Where chunk tasks put coefficients. */
export const ROWS_AT_ONCE = 64;

function addHalf({ values }: Space, half: OldVectors, coefficients: Block, row: number, all: number): void {
  const place = coefficients.at + row * coefficients.rowStride;
  for (let index = 0; index < half.lines.rows; index++) {
    values[place + index] = values[all + (values[half.members + index] ?? 0)] ?? 0;
  }
}

/**
 * One chunk of the new vectors: for each chosen root its coefficients, then their products with the old vectors of either half.
 * Numbers: the equation; how many roots are chosen, and the place of their list; the place for coefficients, and doubles that a chunk
 * has there; chosen roots in a chunk; how many sides; the sides, the right one first.
 */
export function vectorsChunk(space: Space, numbers: ArrayLike<number>, chunk: number): void {
  const { values } = space;
  const places = secularFrom(numbers);
  const [chosenCount, chosen, room, roomSize, size, sides] = [0, 1, 2, 3, 4, 5].map(
    (index) => numbers[SECULAR_NUMBERS + index] ?? 0,
  ) as [number, number, number, number, number, number];
  const all = room + chunk * roomSize;
  for (let sideIndex = 0; sideIndex < sides; sideIndex++) {
    const side = sideFrom(numbers, SECULAR_NUMBERS + 6 + sideIndex * SIDE_NUMBERS);
    const { first, second, target, secondColumn, middleColumn } = side;
    const last = Math.min(chosenCount, (chunk + 1) * size);
    for (let from = chunk * size; from < last; from += ROWS_AT_ONCE) {
      const count = Math.min(ROWS_AT_ONCE, last - from);
      const block = (half: OldVectors, at: number): Block => ({
        at,
        rows: count,
        columns: half.lines.rows,
        rowStride: half.lines.rows,
        columnStride: 1,
      });
      const onFirst = block(first, all + places.count);
      const onSecond = block(second, onFirst.at + count * onFirst.columns);
      const rows = part(target, from, 0, count);
      clearColumns(space, rows);
      for (let row = 0; row < count; row++) {
        coefficientsOf(space, places, values[chosen + from + row] ?? 0, all, middleColumn >= 0);
        addHalf(space, first, onFirst, row, all);
        addHalf(space, second, onSecond, row, all);
        if (middleColumn >= 0) values[rows.at + row * rows.rowStride + middleColumn] = values[all] ?? 0;
      }
      addProductHere(space, part(rows, 0, 0, count, first.lines.columns), 1, onFirst, first.lines);
      addProductHere(space, part(rows, 0, secondColumn, count, second.lines.columns), 1, onSecond, second.lines);
    }
  }
}

function clearColumns({ values }: Space, { at, rows, columns, rowStride }: Block): void {
  for (let row = 0; row < rows; row++) values.fill(0, at + row * rowStride, at + row * rowStride + columns);
}
void clear;
