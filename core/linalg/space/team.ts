import type { Space } from './space.ts';

/** What threads do together: see `tasks`. */
export type TaskName = 'largest' | 'load' | 'store' | 'product' | 'pass' | 'roots' | 'weights' | 'vectors';

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
