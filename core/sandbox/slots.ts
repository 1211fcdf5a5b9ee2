import { availableParallelism } from 'node:os';

/** Runs tasks, at most as many at once as there are slots; the others wait in order. */
export interface Slots {
  use<Result>(task: () => Promise<Result>): Promise<Result>;
}

/** Slots for tasks that keep a core busy: as many as there are cores, when not said otherwise. */
export function createSlots(count: number = availableParallelism()): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    async use(task) {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free++;
        else next();
      }
    },
  };
}
