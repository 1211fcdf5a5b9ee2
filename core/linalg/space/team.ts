import type { Space } from './space.ts';
import { tasks, type TaskName } from './tasks.ts';

/** The threads that work on one decomposition, as the one that leads them sees them. */
export interface Team {
  readonly threads: number;
  /** The leading thread's. */
  readonly space: Space;
  /** Has the threads do chunks 0 ... `chunks` - 1 of a task, and waits for the last one. The result does not depend on who does what. */
  run(task: TaskName, numbers: readonly number[], chunks: number): void;
  /** Tells that about so many floating-point operations are done, and throws where the work is to end. */
  advance(operations: number): void;
}

/** A team of the calling thread alone. */
export function teamOfOne(space: Space): Team {
  return {
    threads: 1,
    space,
    run: (task, numbers, chunks) => {
      for (let chunk = 0; chunk < chunks; chunk++) tasks[task](space, numbers, chunk);
    },
    advance: () => undefined,
  };
}
