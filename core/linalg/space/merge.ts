import { deflate, type Division, type GrowingVectors, type Pole } from './deflate.ts';
import { moveAside, sideNumbers, type AsideRoom, type MovedSide } from './mergeSide.ts';
import { coefficientRoom, secularNumbers } from './mergeTasks.ts';
import type { SecularPlaces } from './secular.ts';
import type { Allocator, Space } from './space.ts';
import type { Team } from './team.ts';

/** Below this size a thread is quicker alone than with others. */
const ALONE = 96;
/** Chunks that share the work of a merge at most. */
const CHUNKS = 8;

/** Room that every merge uses again. */
export interface MergeRoom {
  readonly secular: Omit<SecularPlaces, 'count'>;
  readonly chosen: number;
  readonly right: AsideRoom;
  readonly left: AsideRoom;
  readonly coefficients: number;
  readonly coefficientSize: number;
}

/** Makes room for merges up to size `n`. */
export function mergeRoom(allocator: Allocator, n: number, hasLeft: boolean): MergeRoom {
  const list = (): number => allocator.numbers(n + 2);
  const aside = (size: number): AsideRoom => ({
    lines: allocator.numbers(size * size),
    firstMembers: list(),
    secondMembers: list(),
  });
  const coefficientSize = coefficientRoom(n);
  return {
    secular: {
      poles: list(),
      weights: list(),
      exactWeights: list(),
      roots: list(),
      origins: list(),
      shifts: list(),
    },
    chosen: list(),
    right: aside(n + 2),
    left: aside(hasLeft ? n + 1 : 0),
    coefficients: allocator.numbers(CHUNKS * coefficientSize),
    coefficientSize,
  };
}

/** A value of the matrix: a root of the equation, or a settled pole. */
type Found = { readonly value: number; readonly root: number } | { readonly value: number; readonly settled: number };

function solve(team: Team, room: MergeRoom, kept: readonly Pole[], chunks: number): SecularPlaces {
  const { values } = team.space;
  const secular: SecularPlaces = { ...room.secular, count: kept.length };
  for (const [index, pole] of kept.entries()) {
    values[secular.poles + index] = pole.value;
    values[secular.weights + index] = pole.weight;
  }
  const share = Math.ceil(kept.length / chunks);
  const numbers = [...secularNumbers(secular), share];
  team.run('roots', numbers, Math.ceil(kept.length / share));
  team.run('weights', numbers, Math.ceil(kept.length / share));
  return secular;
}

/** Brings vectors of settled poles back, to the lines from `line` on. */
function bringBack({ values }: Space, { side, settled }: MovedSide, line: number, which: readonly number[]): void {
  const { target } = side;
  for (const [index, pole] of which.entries()) {
    const source = settled + pole * target.columns;
    values.copyWithin(target.at + (line + index) * target.rowStride, source, source + target.columns);
  }
}

/**
 * Puts the singular value decompositions of two halves together (M. Gu, S. Eisenstat: A divide-and-conquer algorithm for the
 * bidiagonal SVD, SIAM J. Matrix Anal. Appl. 16, 1995; LAPACK's dlasd1). Values and lines of the result are in no order. `most`: only
 * the vectors of so many of the largest values are wanted, whose values and lines then come first.
 */
export function merge(team: Team, vectors: GrowingVectors, room: MergeRoom, division: Division, most?: number): void {
  const { space } = team;
  const { values } = space;
  const { from, size, first } = division;
  const deflated = deflate(space, vectors, division);
  if (deflated === undefined) return;
  const { norm, kept, settled, right, left } = deflated;
  const chunks = size < ALONE ? 1 : CHUNKS;
  const secular = solve(team, room, kept, chunks);
  const found: Found[] = [
    ...kept.map((_, root) => ({ root, value: (values[secular.roots + root] ?? 0) * norm })),
    ...settled.map(({ value }, index) => ({ settled: index, value: value * norm })),
  ];
  if (most !== undefined) found.sort((a, b) => b.value - a.value);
  const wanted = found.slice(0, most);
  const ofRoots = wanted.flatMap((item) => ('root' in item ? [item] : []));
  const ofSettled = wanted.flatMap((item) => ('settled' in item ? [item] : []));
  const sides = [moveAside(space, right, deflated, room.right, first, false)];
  if (left !== undefined) sides.push(moveAside(space, left, deflated, room.left, first, true));
  const which = ofSettled.map((item) => item.settled);
  for (const side of sides) bringBack(space, side, ofRoots.length, which);
  for (const [index, { root }] of ofRoots.entries()) values[room.chosen + index] = root;
  const share = Math.max(1, Math.ceil(ofRoots.length / chunks));
  const numbers = [
    ...secularNumbers(secular),
    ofRoots.length,
    room.chosen,
    room.coefficients,
    room.coefficientSize,
    share,
    sides.length,
    ...sides.flatMap(({ side }) => sideNumbers(side)),
  ];
  team.run('vectors', numbers, Math.ceil(ofRoots.length / share));
  team.advance(ofRoots.length * size * kept.length * sides.length);
  const ordered = [...ofRoots, ...ofSettled, ...(most === undefined ? [] : found.slice(most))];
  vectors.values.set(
    ordered.map(({ value }) => value),
    from,
  );
}
