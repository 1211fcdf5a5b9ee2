import { TILE } from '../kernels/gemmKernels.ts';
import { BLOCK_NUMBERS, blockFrom, blockNumbers, part, type Block } from './block.ts';
import { addProductHere } from './gemm.ts';
import type { Space } from './space.ts';
import type { Team } from './team.ts';

/** Products with fewer operations are not worth the wait for another thread. */
const ALONE = 4e5;

/** Chunk `chunk` of a product: a range of rows of the target, or of columns where there are more of them. */
export function productChunk(space: Space, numbers: ArrayLike<number>, chunk: number): void {
  const [target, left, right] = [0, 1, 2].map((index) => blockFrom(numbers, index * BLOCK_NUMBERS)) as [
    Block,
    Block,
    Block,
  ];
  const [factor = 0, size = 0] = [numbers[3 * BLOCK_NUMBERS], numbers[3 * BLOCK_NUMBERS + 1]];
  const from = chunk * size;
  if (target.rows >= target.columns) {
    const count = Math.min(size, target.rows - from);
    addProductHere(space, part(target, from, 0, count), factor, part(left, from, 0, count), right);
  } else {
    const count = Math.min(size, target.columns - from);
    const rows = target.rows;
    addProductHere(space, part(target, 0, from, rows, count), factor, left, part(right, 0, from, right.rows, count));
  }
}

/** target += factor * left * right, by all threads. The columns of `target` lie side by side; it overlaps neither factor. */
export function addProduct(team: Team, target: Block, factor: number, left: Block, right: Block): void {
  const operations = 2 * target.rows * target.columns * left.columns;
  if (operations < ALONE) {
    addProductHere(team.space, target, factor, left, right);
  } else {
    const longer = Math.max(target.rows, target.columns);
    const size = Math.ceil(longer / (2 * team.threads) / TILE) * TILE;
    const numbers = [target, left, right].flatMap(blockNumbers);
    team.run('product', [...numbers, factor, size], Math.ceil(longer / size));
  }
  team.advance(operations);
}
