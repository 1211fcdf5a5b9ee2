import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { RlvrError } from '../../errors.ts';
import { createMemory, growMemory } from '../space/space.ts';
import { cancel, controlOf } from './control.ts';
import type { Job, Report } from './messages.ts';

/** What the threads' program is called: beside the bundled program, or in `dist/` for programs that run from the sources. */
const programs = ['./linalg.js', '../../../dist/linalg.js'];
const MOST_THREADS = 8;
/** How long threads and memory are kept for what comes next. */
const IDLE_MILLISECONDS = 3000;

/** How work is done in the background. */
export interface BackgroundOptions {
  /** Ends the work within about a tenth of a second; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called now and then with the share of the work that is done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /** Threads of this piece of work: one per core unless given, at most 8. */
  readonly threads?: number;
}

/** A piece of work that needs `doubles` of memory beside what its threads need. */
export interface PoolWork<Result> {
  readonly doubles: number;
  /** Puts the input into the memory, and says what the leader is to do. */
  prepare(memory: WebAssembly.Memory, threads: number): Extract<Job, { kind: 'lead' }>;
  /** Takes the answer out of the memory, which the next piece of work gets. */
  finish(memory: WebAssembly.Memory, report: Extract<Report, { kind: 'found' | 'failed' }>): Result;
}

let workers: Worker[] = [];
let memory: WebAssembly.Memory | undefined;
let last: Promise<unknown> = Promise.resolve();
let waiting = 0;
let idle: NodeJS.Timeout | undefined;

function programFile(): string {
  const files = programs.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const file = files.find((candidate) => existsSync(candidate));
  if (file !== undefined) return file;
  const problem = `The program of the threads that decompose matrices is missing: ${files[0] ?? ''}. Build the project again.`;
  throw new RlvrError('engine/unavailable', problem, { file: files[0] });
}

/** Ends the threads and lets the memory go. */
function disband(): void {
  for (const worker of workers) void worker.terminate();
  workers = [];
  memory = undefined;
}

function memoryFor(doubles: number, threads: number): WebAssembly.Memory {
  if (memory === undefined) memory = createMemory(doubles, threads);
  else growMemory(memory, doubles, threads);
  controlOf(memory).fill(0);
  return memory;
}

/** Resolves with the report that ends a job. */
function endOf(worker: Worker, onProgress: ((share: number) => void) | undefined): Promise<Report> {
  return new Promise((resolve, reject) => {
    const onMessage = (report: Report): void => {
      if (report.kind === 'progress') {
        onProgress?.(report.share);
        return;
      }
      stop();
      resolve(report);
    };
    const onError = (error: unknown): void => {
      stop();
      reject(new RlvrError('engine/failed', 'A thread that decomposes matrices has ended.', {}, { cause: error }));
    };
    const stop = (): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onError).unref();
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onError).ref();
  });
}

async function work<Result>(task: PoolWork<Result>, options: BackgroundOptions): Promise<Result> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  const threads = Math.max(1, Math.min(MOST_THREADS, options.threads ?? availableParallelism()));
  const shared = memoryFor(task.doubles, threads);
  while (workers.length < threads) {
    const worker = new Worker(programFile());
    worker.unref();
    workers.push(worker);
  }
  const [leader, ...helpers] = workers.slice(0, threads) as [Worker, ...Worker[]];
  const job = task.prepare(shared, threads);
  const onAbort = (): void => cancel(shared);
  signal?.addEventListener('abort', onAbort);
  const ends = [leader, ...helpers].map((worker) => endOf(worker, onProgress));
  try {
    for (const [index, helper] of helpers.entries()) {
      helper.postMessage({ kind: 'help', memory: shared, thread: index + 1 } satisfies Job);
    }
    leader.postMessage(job);
    const [report] = await Promise.all(ends);
    signal?.throwIfAborted();
    if (report?.kind === 'found' || report?.kind === 'failed') return task.finish(shared, report);
    throw new RlvrError('engine/failed', 'A decomposition was ended by nobody.');
  } catch (error) {
    if (signal?.aborted !== true) disband();
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Does one piece of work after the other, so that no more memory is taken than the largest needs. */
export function inPool<Result>(task: PoolWork<Result>, options: BackgroundOptions): Promise<Result> {
  clearTimeout(idle);
  waiting += 1;
  const result = last.then(() => work(task, options));
  last = result
    .catch(() => undefined)
    .then(() => {
      waiting -= 1;
      if (waiting === 0) idle = setTimeout(disband, IDLE_MILLISECONDS).unref();
    });
  return result;
}
