import { part, type Block } from './block.ts';
import { addProductHere } from './gemm.ts';
import { sideFrom, SIDE_NUMBERS, type MergeSide, type OldVectors } from './mergeSide.ts';
import { findRoot, weightOfRoots, type SecularPlaces } from './secular.ts';
import type { Space } from './space.ts';

const SECULAR_NUMBERS = 7;
/** Vectors whose coefficients are in memory at a time, for each chunk. */
const VECTORS_AT_ONCE = 64;

/** Doubles that a chunk of vectors needs for coefficients, where there are up to `size` poles. */
export function coefficientRoom(size: number): number {
  return size + 8 + VECTORS_AT_ONCE * (2 * size + 4);
}

/** A secular equation as numbers. */
export function secularNumbers(places: SecularPlaces): number[] {
  const { count, poles, weights, exactWeights, roots, origins, shifts } = places;
  return [count, poles, weights, exactWeights, roots, origins, shifts];
}

function secularFrom(numbers: ArrayLike<number>): SecularPlaces {
  const number = (index: number): number => numbers[index] ?? 0;
  return {
    count: number(0),
    poles: number(1),
    weights: number(2),
    exactWeights: number(3),
    roots: number(4),
    origins: number(5),
    shifts: number(6),
  };
}

function forChunk(
  numbers: ArrayLike<number>,
  chunk: number,
  visit: (places: SecularPlaces, index: number) => void,
): void {
  const places = secularFrom(numbers);
  const size = numbers[SECULAR_NUMBERS] ?? 1;
  const end = Math.min(places.count, (chunk + 1) * size);
  for (let index = chunk * size; index < end; index++) visit(places, index);
}

/** One chunk of the roots (numbers: the equation, and how many a chunk has). */
export function rootsChunk({ values }: Space, numbers: ArrayLike<number>, chunk: number): void {
  forChunk(numbers, chunk, (places, index) => {
    findRoot(values, places, index);
  });
}

/** One chunk of the exact weights, once all roots are there. */
export function weightsChunk({ values }: Space, numbers: ArrayLike<number>, chunk: number): void {
  forChunk(numbers, chunk, (places, index) => {
    weightOfRoots(values, places, index);
  });
}

/** Coefficients of one root's right vector, or left one, at all poles; of unit length. */
function coefficientsOf(values: Float64Array, places: SecularPlaces, root: number, target: number, isLeft: boolean) {
  const { count, poles, exactWeights, roots, origins, shifts } = places;
  const origin = values[poles + (values[origins + root] ?? 0)] ?? 0;
  const shift = values[shifts + root] ?? 0;
  const value = values[roots + root] ?? 0;
  let squares = 0;
  for (let j = 0; j < count; j++) {
    const d = values[poles + j] ?? 0;
    const ratio = (values[exactWeights + j] ?? 0) / ((d - origin - shift) * (d + value));
    const onLeft = j === 0 ? -1 : d * ratio;
    const entry = isLeft ? onLeft : ratio;
    values[target + j] = entry;
    squares += entry * entry;
  }
  const inverse = 1 / Math.sqrt(squares);
  for (let j = 0; j < count; j++) values[target + j] = (values[target + j] ?? 0) * inverse;
}

function pick(values: Float64Array, half: OldVectors, target: number, all: number): void {
  for (let index = 0; index < half.lines.rows; index++) {
    values[target + index] = values[all + (values[half.members + index] ?? 0)] ?? 0;
  }
}

/** New vectors of the roots whose list lies at `chosen`, into `rows`. `room`: `coefficientRoom`. */
function newVectors(space: Space, places: SecularPlaces, side: MergeSide, rows: Block, chosen: number, room: number) {
  const { values } = space;
  const { first, second, secondColumn, middleColumn } = side;
  const factor = (half: OldVectors, at: number): Block => {
    const columns = half.lines.rows;
    return { at, rows: rows.rows, columns, rowStride: columns, columnStride: 1 };
  };
  const onFirst = factor(first, room + places.count);
  const onSecond = factor(second, onFirst.at + onFirst.rows * onFirst.columns);
  for (let row = 0; row < rows.rows; row++) {
    const start = rows.at + row * rows.rowStride;
    values.fill(0, start, start + rows.columns);
    coefficientsOf(values, places, values[chosen + row] ?? 0, room, middleColumn >= 0);
    pick(values, first, onFirst.at + row * onFirst.rowStride, room);
    pick(values, second, onSecond.at + row * onSecond.rowStride, room);
    if (middleColumn >= 0) values[start + middleColumn] = values[room] ?? 0;
  }
  addProductHere(space, part(rows, 0, 0, rows.rows, first.lines.columns), 1, onFirst, first.lines);
  addProductHere(space, part(rows, 0, secondColumn, rows.rows, second.lines.columns), 1, onSecond, second.lines);
}

/**
 * One chunk of the new vectors. Numbers: the equation; how many roots are chosen, and the place of their list; the place for
 * coefficients, and doubles that a chunk has there; chosen roots in a chunk; how many sides; the sides.
 */
export function vectorsChunk(space: Space, numbers: ArrayLike<number>, chunk: number): void {
  const places = secularFrom(numbers);
  const number = (index: number): number => numbers[SECULAR_NUMBERS + index] ?? 0;
  const [count, chosen, room, size, sides] = [
    number(0),
    number(1),
    number(2) + chunk * number(3),
    number(4),
    number(5),
  ];
  const last = Math.min(count, (chunk + 1) * size);
  for (let index = 0; index < sides; index++) {
    const side = sideFrom(numbers, SECULAR_NUMBERS + 6 + index * SIDE_NUMBERS);
    for (let from = chunk * size; from < last; from += VECTORS_AT_ONCE) {
      const rows = part(side.target, from, 0, Math.min(VECTORS_AT_ONCE, last - from));
      newVectors(space, places, side, rows, chosen + from, room);
    }
  }
}
