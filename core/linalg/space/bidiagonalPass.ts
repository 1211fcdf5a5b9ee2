import { ALIGNMENT } from '../kernels/vectorKernels.ts';
import { BLOCK_NUMBERS, blockFrom, part } from './block.ts';
import { addLines, lineDots } from './lines.ts';
import type { Space } from './space.ts';

const AT_ONCE = 8;

/** Where the vectors of one step of `bidiagonalize` lie, all of them aligned as the lines are. */
export interface PassPlaces {
  /** The left reflector, from the aligned column on. */
  readonly vector: number;
  /** For each line: what delayed updates take from its scalar product with the reflector, and from its leading entry. */
  readonly fromDot: number;
  readonly fromEntry: number;
  /** For each line: its scalar product times tau, and the leading entry after the update. */
  readonly products: number;
  readonly row: number;
  /** For each chunk: the sum of row entry * line. */
  readonly sums: number;
  readonly sumStride: number;
  /** `AT_ONCE` doubles for each chunk. */
  readonly dots: number;
}

/** The places as numbers, in the order in which `passOverLines` reads them. */
export function placeNumbers(places: PassPlaces): number[] {
  const { vector, fromDot, fromEntry, products, row, sums, sumStride, dots } = places;
  return [vector, fromDot, fromEntry, products, row, sums, sumStride, dots];
}

/**
 * One chunk of the pass over all lines that a step of the bidiagonal form takes (numbers: the lines from the aligned column on, the
 * places, tau, the first line, lines in a chunk, and how far the leading entry is from the aligned column). For each line: y = tau (its
 * scalar product with the left reflector, less delayed updates), then the entry r of the row that is to be reflected; then r * line is
 * added up. So each line is read from memory once where y = Aᵀ v and x = A r by themselves would read it twice (G. W. Howell and
 * others: Cache efficient bidiagonalization using BLAS 2.5 operators, 2008).
 */
export function passOverLines(space: Space, numbers: ArrayLike<number>, chunk: number): void {
  const { values } = space;
  const lines = blockFrom(numbers);
  const number = (index: number): number => numbers[BLOCK_NUMBERS + index] ?? 0;
  const vector = number(0);
  const fromDot = number(1);
  const fromEntry = number(2);
  const products = number(3);
  const row = number(4);
  const sums = number(5) + chunk * number(6);
  const dots = number(7) + chunk * AT_ONCE;
  const tau = number(8);
  const first = number(9);
  const size = number(10);
  const lead = number(11);
  const last = Math.min(first + (chunk + 1) * size, lines.rows);
  values.fill(0, sums, sums + Math.ceil(lines.columns / ALIGNMENT) * ALIGNMENT);
  for (let from = first + chunk * size; from < last; from += AT_ONCE) {
    const count = Math.min(AT_ONCE, last - from);
    const group = part(lines, from, 0, count);
    lineDots(space, dots, vector, group);
    for (let index = 0; index < count; index++) {
      const line = from + index;
      const product = tau * ((values[dots + index] ?? 0) - (values[fromDot + line] ?? 0));
      values[products + line] = product;
      const entry = values[group.at + index * group.rowStride + lead] ?? 0;
      values[row + line] = entry - (values[fromEntry + line] ?? 0) - product;
    }
    addLines(space, sums, row + from, 1, group);
  }
}
