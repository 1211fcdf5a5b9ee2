import type { CompareOptions, Comparison } from '../compare/comparison.ts';

/** A comparison for a worker. */
export interface ComparisonJob {
  /** Counts from 1; 0 stands for no job. */
  readonly serial: number;
  readonly gold: string;
  readonly answer: string;
  readonly options: CompareOptions;
}

/** What a worker says: that it is ready, or what a comparison came to. */
export type WorkerReport = 'ready' | { readonly serial: number; readonly comparison: Comparison };

/** What a worker is at, in memory that its owner reads while the worker computes. */
export interface WorkerState {
  /** One word: the serial of the present job, 0 for none. */
  readonly job: Int32Array;
  /** One number: when it began, in milliseconds since 1970. */
  readonly startedAt: Float64Array;
}

/** Bytes of the shared memory of a state. */
export const STATE_BYTES = 16;

/** A state in shared memory. */
export function workerState(memory: SharedArrayBuffer): WorkerState {
  return { job: new Int32Array(memory, 8, 1), startedAt: new Float64Array(memory, 0, 1) };
}
