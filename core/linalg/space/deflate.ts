import { part, type Block } from './block.ts';
import type { Space } from './space.ts';

/** Norms below this count as 0: they are as far below rounding as can be. */
const NOTHING = 1e-290;
/** What is negligible beside a norm of 1. */
const TOLERANCE = 8 * Number.EPSILON;

/** The vectors of a bidiagonal matrix on their way: line k belongs to value k. */
export interface GrowingVectors {
  /** n x n; undefined where only right vectors are wanted. */
  readonly left: Block | undefined;
  /** n x n. */
  readonly right: Block;
  readonly values: Float64Array;
}

/** A bidiagonal matrix that a row divides: above it `first` rows, below it the others; `extra` 1 where it has one column more than rows. */
export interface Division {
  readonly from: number;
  readonly size: number;
  readonly first: number;
  readonly extra: 0 | 1;
  /** The entries of the dividing row. */
  readonly alpha: number;
  readonly beta: number;
}

/** A pole of the secular equation: the line that it belongs to, and which halves the line reaches into. */
export interface Pole {
  readonly line: number;
  value: number;
  weight: number;
  inFirst: boolean;
  inSecond: boolean;
}

/** A division, with values and entries relative to its norm, and its vectors. */
export interface Deflated {
  readonly norm: number;
  /** The first one stands for the dividing row; its value is 0. Then in rising order. */
  readonly kept: readonly Pole[];
  /** Those whose values, and whose lines, are final. */
  readonly settled: readonly Pole[];
  readonly right: Block;
  readonly left: Block | undefined;
}

function rotateLines({ values }: Space, block: Block, one: number, two: number, c: number, s: number): void {
  const [a, b] = [block.at + one * block.rowStride, block.at + two * block.rowStride];
  for (let column = 0; column < block.columns; column++) {
    const [x, y] = [values[a + column] ?? 0, values[b + column] ?? 0];
    values[a + column] = c * x + s * y;
    values[b + column] = c * y - s * x;
  }
}

/** What the dividing row has in the directions that the halves map to 0, which are turned into one. */
function leadingPole(space: Space, right: Block, division: Division, norm: number): Pole {
  const { first, size, extra, alpha, beta } = division;
  const entry = (line: number, column: number): number => space.values[right.at + line * right.rowStride + column] ?? 0;
  let weight = (alpha / norm) * entry(first, first);
  if (extra === 1) {
    const onSecond = (beta / norm) * entry(size, first + 1);
    const both = Math.hypot(weight, onSecond);
    if (both > TOLERANCE) rotateLines(space, right, first, size, weight / both, onSecond / both);
    weight = both;
  }
  if (Math.abs(weight) <= TOLERANCE) weight = TOLERANCE;
  return { line: first, value: 0, weight, inFirst: true, inSecond: extra === 1 };
}

/** Turns the lines of two equal poles so that one of them, which is then settled, has no weight. */
function uniteEqual(space: Space, { right, left }: Pick<Deflated, 'right' | 'left'>, settled: Pole, pole: Pole): void {
  const weight = Math.hypot(pole.weight, settled.weight);
  const [c, s] = [pole.weight / weight, -settled.weight / weight];
  rotateLines(space, right, settled.line, pole.line, c, s);
  if (left !== undefined) rotateLines(space, left, settled.line, pole.line, c, s);
  pole.weight = weight;
  for (const either of [pole, settled]) {
    either.inFirst ||= pole === either ? settled.inFirst : pole.inFirst;
    either.inSecond ||= pole === either ? settled.inSecond : pole.inSecond;
  }
}

/**
 * The poles of the secular equation of two halves, without those whose values are known: with no weight, or as large as another one
 * (LAPACK's dlasd2). Undefined where the whole matrix is 0, whose vectors are as they should be.
 */
export function deflate(space: Space, vectors: GrowingVectors, division: Division): Deflated | undefined {
  const { from, size, first, extra, alpha, beta } = division;
  const { values } = space;
  const right = part(vectors.right, from, from, size + extra, size + extra);
  const left = vectors.left === undefined ? undefined : part(vectors.left, from, from, size, size);
  const valueOf = (line: number): number => vectors.values[from + line] ?? 0;
  const lines = Array.from({ length: size - 1 }, (_, index) => (index < first ? index : index + 1));
  const norm = lines.reduce((most, line) => Math.max(most, valueOf(line)), Math.max(Math.abs(alpha), Math.abs(beta)));
  if (left !== undefined) values[left.at + first * left.rowStride + first] = 1;
  if (norm < NOTHING) {
    vectors.values.fill(0, from, from + size);
    return undefined;
  }
  const kept = [leadingPole(space, right, division, norm)];
  const settled: Pole[] = [];
  const poles = lines.map((line): Pole => {
    const inFirst = line < first;
    const entry = values[right.at + line * right.rowStride + (inFirst ? first : first + 1)] ?? 0;
    return {
      line,
      value: valueOf(line) / norm,
      weight: ((inFirst ? alpha : beta) / norm) * entry,
      inFirst,
      inSecond: !inFirst,
    };
  });
  let pending: Pole | undefined;
  for (const pole of poles.sort((a, b) => a.value - b.value)) {
    if (Math.abs(pole.weight) <= TOLERANCE) {
      settled.push(pole);
      continue;
    }
    if (pending !== undefined && pole.value - pending.value <= TOLERANCE) {
      uniteEqual(space, { right, left }, pending, pole);
      settled.push(pending);
    } else if (pending !== undefined) {
      kept.push(pending);
    }
    pending = pole;
  }
  if (pending !== undefined) kept.push(pending);
  const [, lowest] = kept;
  if (lowest !== undefined) lowest.value = Math.max(lowest.value, TOLERANCE / 2);
  return { norm, kept, settled, right, left };
}
