import { part, type Block } from './block.ts';
import { ROWS_AT_ONCE, secularNumbers, sideNumbers, type OldVectors, type SideOfMerge } from './mergeTasks.ts';
import type { SecularPlaces } from './secular.ts';
import { aligned, type Allocator, type Space } from './space.ts';
import type { Team } from './team.ts';

/** Below these sizes a thread is quicker alone than with others. */
const ALONE = 96;
/** Norms below this count as 0: they are as far below rounding as can be. */
const NOTHING = 1e-290;

/** The vectors of a bidiagonal matrix on their way: line k belongs to value k. */
export interface GrowingVectors {
  /** n x n; undefined where only right vectors are wanted. */
  readonly left: Block | undefined;
  /** n x n. */
  readonly right: Block;
  readonly values: Float64Array;
}

/** Room that every merge uses again. */
export interface MergeRoom {
  readonly secular: SecularPlaces;
  /** Lists of poles. */
  readonly firstMembers: number;
  readonly secondMembers: number;
  readonly leftFirstMembers: number;
  readonly leftSecondMembers: number;
  readonly chosen: number;
  /** Old vectors, moved out of the way. */
  readonly oldRight: number;
  readonly oldLeft: number;
  readonly coefficients: number;
  readonly coefficientSize: number;
}

/** Chunks that share the work of a merge at most. */
export const MERGE_CHUNKS = 8;

/** Makes room for merges up to size `n`. */
export function mergeRoom(allocator: Allocator, n: number, hasLeft: boolean): MergeRoom {
  const list = (): number => allocator.numbers(aligned(n + 2));
  const coefficientSize = aligned(n + 2) + ROWS_AT_ONCE * (2 * n + 4);
  return {
    secular: {
      count: 0,
      poles: list(),
      weights: list(),
      exactWeights: list(),
      roots: list(),
      origins: list(),
      shifts: list(),
    },
    firstMembers: list(),
    secondMembers: list(),
    leftFirstMembers: list(),
    leftSecondMembers: list(),
    chosen: list(),
    oldRight: allocator.numbers((n + 2) * (n + 2)),
    oldLeft: hasLeft ? allocator.numbers((n + 1) * (n + 1)) : 0,
    coefficients: allocator.numbers(MERGE_CHUNKS * coefficientSize),
    coefficientSize,
  };
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

/** A pole: the line that it belongs to, and which halves the line reaches into. */
interface Pole {
  readonly line: number;
  value: number;
  weight: number;
  inFirst: boolean;
  inSecond: boolean;
}

function rotateLines({ values }: Space, block: Block, one: number, two: number, c: number, s: number): void {
  const [a, b] = [block.at + one * block.rowStride, block.at + two * block.rowStride];
  for (let column = 0; column < block.columns; column++) {
    const [x, y] = [values[a + column] ?? 0, values[b + column] ?? 0];
    values[a + column] = c * x + s * y;
    values[b + column] = c * y - s * x;
  }
}

/**
 * Puts the singular value decompositions of two halves together (M. Gu, S. Eisenstat: A divide-and-conquer algorithm for the
 * bidiagonal SVD, SIAM J. Matrix Anal. Appl. 16, 1995; as LAPACK's dlasd1 to dlasd3). Values and lines of the result are in no order.
 * `most`: only the vectors of so many of the largest values are wanted, in the first lines, largest first.
 *
 * @returns The lines of the values, where `most` is given.
 */
export function merge(team: Team, vectors: GrowingVectors, room: MergeRoom, division: Division, most?: number): void {
  const { space } = team;
  const { values } = space;
  const { from, size, first, extra, alpha, beta } = division;
  const second = size - first - 1;
  const middle = from + first;
  const right = part(vectors.right, from, from, size + extra, size + extra);
  const left = vectors.left === undefined ? undefined : part(vectors.left, from, from, size, size);
  const entry = (line: number, column: number): number => values[right.at + line * right.rowStride + column] ?? 0;
  const half = [...vectors.values.subarray(from, middle), ...vectors.values.subarray(middle + 1, from + size)];
  const norm = half.reduce((largest, value) => Math.max(largest, value), Math.max(Math.abs(alpha), Math.abs(beta)));
  if (left !== undefined) values[left.at + first * left.rowStride + first] = 1;
  if (norm < NOTHING) {
    vectors.values.fill(0, from, from + size);
    return;
  }
  // Line `first` is the direction that the first half maps to 0; the last line, where there is one, that of the second half.
  const onFirst = (alpha / norm) * entry(first, first);
  const onSecond = extra === 1 ? (beta / norm) * entry(size, first + 1) : 0;
  const tolerance = 8 * Number.EPSILON;
  let lead = Math.hypot(onFirst, onSecond);
  if (extra === 1) {
    const [c, s] = lead <= tolerance ? [1, 0] : [onFirst / lead, onSecond / lead];
    rotateLines(space, right, first, size, c, s);
  } else {
    lead = onFirst;
  }
  if (Math.abs(lead) <= tolerance) lead = tolerance;
  const poles = Array.from({ length: size - 1 }, (_, index): Pole => {
    const line = index < first ? index : index + 1;
    const inFirst = index < first;
    return {
      line,
      value: (vectors.values[from + line] ?? 0) / norm,
      weight: inFirst ? (alpha / norm) * entry(line, first) : (beta / norm) * entry(line, first + 1),
      inFirst,
      inSecond: !inFirst,
    };
  }).sort((a, b) => a.value - b.value);
  const kept: Pole[] = [{ line: first, value: 0, weight: lead, inFirst: true, inSecond: extra === 1 }];
  const settled: Pole[] = [];
  let pending: Pole | undefined;
  for (const pole of poles) {
    if (Math.abs(pole.weight) <= tolerance) {
      settled.push(pole);
      continue;
    }
    if (pending !== undefined && pole.value - pending.value <= tolerance) {
      const weight = Math.hypot(pole.weight, pending.weight);
      const [c, s] = [pole.weight / weight, -pending.weight / weight];
      rotateLines(space, right, pending.line, pole.line, c, s);
      if (left !== undefined) rotateLines(space, left, pending.line, pole.line, c, s);
      pole.weight = weight;
      if (pole.inFirst !== pending.inFirst || pole.inSecond !== pending.inSecond) {
        for (const either of [pole, pending]) either.inFirst = either.inSecond = true;
      }
      settled.push(pending);
    } else if (pending !== undefined) {
      kept.push(pending);
    }
    pending = pole;
  }
  if (pending !== undefined) kept.push(pending);
  if (kept[1] !== undefined) kept[1].value = Math.max(kept[1].value, tolerance / 2);
  const count = kept.length;
  const secular: SecularPlaces = { ...room.secular, count };
  for (const [index, pole] of kept.entries()) {
    values[secular.poles + index] = pole.value;
    values[secular.weights + index] = pole.weight;
  }
  const chunks = size < ALONE ? 1 : MERGE_CHUNKS;
  const share = Math.ceil(count / chunks);
  team.run('roots', [...secularNumbers(secular), share], Math.ceil(count / share));
  team.run('weights', [...secularNumbers(secular), share], Math.ceil(count / share));
  // The values, and which vectors are wanted: roots by their index, settled values after them.
  const found = [
    ...Array.from({ length: count }, (_, index) => ({
      root: index,
      value: (values[secular.roots + index] ?? 0) * norm,
    })),
    ...settled.map((pole) => ({ pole, value: pole.value * norm })),
  ];
  const ordered = most === undefined ? found : found.sort((a, b) => b.value - a.value);
  const wanted = ordered.slice(0, most);
  const roots = wanted.flatMap((item) => ('root' in item ? [item.root] : []));
  const keptPoles = wanted.flatMap((item) => ('pole' in item ? [item] : []));
  for (const [index, root] of roots.entries()) values[room.chosen + index] = root;
  const sides: SideOfMerge[] = [
    moveAside(
      space,
      right,
      kept,
      settled,
      room.oldRight,
      [room.firstMembers, room.secondMembers],
      first + 1,
      first + 1,
      -1,
    ),
  ];
  if (left !== undefined) {
    const places = [room.leftFirstMembers, room.leftSecondMembers] as const;
    sides.push(moveAside(space, left, kept, settled, room.oldLeft, places, first, first + 1, first));
  }
  // Settled vectors now lie behind the others in the room, in their order.
  for (const side of sides) {
    const old = side.second.lines.at + side.second.lines.rows * side.second.lines.columns;
    for (const [index, { pole }] of keptPoles.entries()) {
      const source = old + settled.indexOf(pole) * side.target.columns;
      const place = side.target.at + (roots.length + index) * side.target.rowStride;
      values.copyWithin(place, source, source + side.target.columns);
    }
  }
  const chosenShare = Math.ceil(roots.length / chunks) || 1;
  const numbers = [
    ...secularNumbers(secular),
    roots.length,
    room.chosen,
    room.coefficients,
    room.coefficientSize,
    chosenShare,
    sides.length,
    ...sides.flatMap(sideNumbers),
  ];
  team.run('vectors', numbers, Math.ceil(roots.length / chosenShare));
  team.advance(2 * roots.length * size * count * sides.length);
  const rest = most === undefined ? [] : ordered.slice(most);
  const inOrder = [
    ...roots.map((root) => (values[secular.roots + root] ?? 0) * norm),
    ...keptPoles.map(({ value }) => value),
  ];
  vectors.values.set([...inOrder, ...rest.map(({ value }) => value)], from);
}

/** Moves the lines of kept and settled poles out of the target. */
function moveAside(
  space: Space,
  target: Block,
  kept: readonly Pole[],
  settled: readonly Pole[],
  at: number,
  members: readonly [number, number],
  firstColumns: number,
  secondColumn: number,
  middleColumn: number,
): SideOfMerge {
  const { values } = space;
  let next = at;
  const isLeft = middleColumn >= 0;
  const copy = (line: number, column: number, columns: number): void => {
    const source = target.at + line * target.rowStride + column;
    values.copyWithin(next, source, source + columns);
    next += columns;
  };
  const gatherHalf = (list: number, column: number, columns: number, isIn: (pole: Pole) => boolean): OldVectors => {
    const start = next;
    let rows = 0;
    for (const [index, pole] of kept.entries()) {
      if ((isLeft && index === 0) || !isIn(pole)) continue;
      values[list + rows] = index;
      rows += 1;
      copy(pole.line, column, columns);
    }
    return { lines: { at: start, rows, columns, rowStride: columns, columnStride: 1 }, members: list };
  };
  const first = gatherHalf(members[0], 0, firstColumns, (pole) => pole.inFirst);
  const second = gatherHalf(members[1], secondColumn, target.columns - secondColumn, (pole) => pole.inSecond);
  for (const pole of settled) copy(pole.line, 0, target.columns);
  return { first, second, target, secondColumn, middleColumn };
}
