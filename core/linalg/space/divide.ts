import type { Block } from './block.ts';
import { smallSvd } from './leaf.ts';
import { clear } from './lines.ts';
import type { GrowingVectors } from './deflate.ts';
import { merge, mergeRoom, type MergeRoom } from './merge.ts';
import type { Allocator, Space } from './space.ts';
import type { Team } from './team.ts';

const LEAF = 28;

/** B = U diag(values) Vᵀ, in no order; lines are columns of U and V. */
export interface BidiagonalSvd {
  readonly values: Float64Array;
  readonly left: Block | undefined;
  readonly right: Block;
}

/** What `divideAndConquer` is to find. */
export interface WantedVectors {
  readonly left: boolean;
  /** Vectors of so many of the largest values only; those lines are the first ones. */
  readonly most?: number;
}

function solveLeaf(
  space: Space,
  vectors: GrowingVectors,
  diagonal: Float64Array,
  above: Float64Array,
  from: number,
): void {
  const { values: found, left, right } = smallSvd(diagonal, above);
  vectors.values.set(found, from);
  const write = (target: Block, source: { rows: number; columns: number; data: Float64Array }): void => {
    for (let line = 0; line < source.columns; line++) {
      const at = target.at + (from + line) * target.rowStride + from;
      for (let column = 0; column < source.rows; column++) {
        space.values[at + column] = source.data[column * source.columns + line] ?? 0;
      }
    }
  };
  if (vectors.left !== undefined) write(vectors.left, left);
  write(vectors.right, right);
}

/** Singular values and vectors of an upper bidiagonal matrix, none of the values negative. */
export function divideAndConquer(
  team: Team,
  diagonal: Float64Array,
  above: Float64Array,
  wanted: WantedVectors,
  allocator: Allocator,
): BidiagonalSvd {
  const size = diagonal.length;
  const { space } = team;
  const right = allocator.lines(size, size);
  const left = wanted.left ? allocator.lines(size, size) : undefined;
  clear(space, right);
  if (left !== undefined) clear(space, left);
  const vectors: GrowingVectors = { left, right, values: new Float64Array(size) };
  const used = allocator.used;
  const room = mergeRoom(allocator, size, wanted.left);
  solve(team, vectors, room, { diagonal, above }, 0, size, 0, wanted.most);
  allocator.release(used);
  return vectors;
}

function solve(
  team: Team,
  vectors: GrowingVectors,
  room: MergeRoom,
  source: { readonly diagonal: Float64Array; readonly above: Float64Array },
  from: number,
  size: number,
  extra: 0 | 1,
  most?: number,
): void {
  const { diagonal, above } = source;
  if (size <= LEAF) {
    const ends = from + size;
    solveLeaf(team.space, vectors, diagonal.subarray(from, ends), above.subarray(from, ends - 1 + extra), from);
    return;
  }
  const first = Math.floor((size - 1) / 2);
  const middle = from + first;
  solve(team, vectors, room, source, from, first, 1);
  solve(team, vectors, room, source, middle + 1, size - first - 1, extra);
  const [alpha, beta] = [diagonal[middle] ?? 0, above[middle] ?? 0];
  merge(team, vectors, room, { from, size, first, extra, alpha, beta }, most);
}
