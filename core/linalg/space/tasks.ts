import { passOverLines } from './bidiagonalPass.ts';
import { rootsChunk, vectorsChunk, weightsChunk } from './mergeTasks.ts';
import { productChunk } from './productChunk.ts';
import type { Space } from './space.ts';
import type { TaskName } from './team.ts';
import { largestChunk, loadChunk, storeChunk } from './transfer.ts';

/** A piece of work that threads share: chunk `chunk` of what `numbers` describe. */
type Task = (space: Space, numbers: ArrayLike<number>, chunk: number) => void;

/** Everything that threads do together. */
export const tasks: Readonly<Record<TaskName, Task>> = {
  largest: largestChunk,
  load: loadChunk,
  store: storeChunk,
  product: productChunk,
  pass: passOverLines,
  roots: rootsChunk,
  weights: weightsChunk,
  vectors: vectorsChunk,
};
