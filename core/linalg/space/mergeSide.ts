import { BLOCK_NUMBERS, blockFrom, blockNumbers, type Block } from './block.ts';
import type { Pole } from './deflate.ts';
import type { Space } from './space.ts';

/** Old vectors of one half, and which poles they belong to. */
export interface OldVectors {
  readonly lines: Block;
  /** Place of the list of their poles. */
  readonly members: number;
}

/** What the new vectors of one side are made from. */
export interface MergeSide {
  readonly first: OldVectors;
  readonly second: OldVectors;
  /** Takes the new vectors. */
  readonly target: Block;
  /** The target's column where the vectors of the second half begin. */
  readonly secondColumn: number;
  /** On the left side the column of the row between the halves, which pole 0 stands for; -1 on the right. */
  readonly middleColumn: number;
}

/** Numbers that a side takes. */
export const SIDE_NUMBERS = 3 * BLOCK_NUMBERS + 4;

/** A side as numbers. */
export function sideNumbers({ first, second, target, secondColumn, middleColumn }: MergeSide): number[] {
  const blocks = [first.lines, second.lines, target].flatMap(blockNumbers);
  return [...blocks, first.members, second.members, secondColumn, middleColumn];
}

/** A side from `SIDE_NUMBERS` numbers, beginning with number `from`. */
export function sideFrom(numbers: ArrayLike<number>, from: number): MergeSide {
  const number = (index: number): number => numbers[from + 3 * BLOCK_NUMBERS + index] ?? 0;
  return {
    first: { lines: blockFrom(numbers, from), members: number(0) },
    second: { lines: blockFrom(numbers, from + BLOCK_NUMBERS), members: number(1) },
    target: blockFrom(numbers, from + 2 * BLOCK_NUMBERS),
    secondColumn: number(2),
    middleColumn: number(3),
  };
}

/** Where `moveAside` puts what it moves. */
export interface AsideRoom {
  readonly lines: number;
  readonly firstMembers: number;
  readonly secondMembers: number;
}

/** A side whose old vectors lie in a room of their own, and where those of settled poles begin there, one after the other. */
export interface MovedSide {
  readonly side: MergeSide;
  readonly settled: number;
}

/** Moves old vectors out of the target: of the first half's poles, the second half's, and settled ones. `first`: rows of the first half. */
export function moveAside(
  { values }: Space,
  target: Block,
  poles: { readonly kept: readonly Pole[]; readonly settled: readonly Pole[] },
  room: AsideRoom,
  first: number,
  isLeft: boolean,
): MovedSide {
  let next = room.lines;
  const move = (line: number, column: number, columns: number): void => {
    const source = target.at + line * target.rowStride + column;
    values.copyWithin(next, source, source + columns);
    next += columns;
  };
  const moveHalf = (
    members: number,
    column: number,
    columns: number,
    isMember: (pole: Pole) => boolean,
  ): OldVectors => {
    const at = next;
    let rows = 0;
    for (const [index, pole] of poles.kept.entries()) {
      // On the left, pole 0 stands for the unit vector of the row between the halves.
      if ((isLeft && index === 0) || !isMember(pole)) continue;
      values[members + rows] = index;
      rows += 1;
      move(pole.line, column, columns);
    }
    return { lines: { at, rows, columns, rowStride: columns, columnStride: 1 }, members };
  };
  const secondColumn = first + 1;
  const side: MergeSide = {
    first: moveHalf(room.firstMembers, 0, isLeft ? first : secondColumn, (pole) => pole.inFirst),
    second: moveHalf(room.secondMembers, secondColumn, target.columns - secondColumn, (pole) => pole.inSecond),
    target,
    secondColumn,
    middleColumn: isLeft ? first : -1,
  };
  const settled = next;
  for (const pole of poles.settled) move(pole.line, 0, target.columns);
  return { side, settled };
}
