import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { RlvrError } from '../../errors.ts';
import type { Comparison } from '../compare/comparison.ts';
import { STATE_BYTES, workerState, type ComparisonJob, type WorkerReport } from './messages.ts';

/** What the workers' program is called: beside the bundled program, or in `dist/` for programs that run from the sources. */
const programs = ['./verifier.js', '../../../dist/verifier.js'];
/** Longest time until a worker has loaded its program, on a busy machine. */
const START_MILLISECONDS = 60_000;
const LARGEST_HEAP_MEGABYTES = 512;

/** What a worker tells its owner. */
export interface ComparisonWorkerEvents {
  onResult(serial: number, comparison: Comparison): void;
  /** The worker was ended at a comparison, which comes to this; what else it was given has to be given to another one. */
  onEnd(serial: number, comparison: Comparison): void;
  /** It could not be started. */
  onFailure(error: RlvrError): void;
}

/** A thread that compares answers, one at a time, and that is ended when one takes too long. */
export interface ComparisonWorker {
  work(jobs: readonly ComparisonJob[]): void;
  end(): Promise<unknown>;
}

/** Starts a worker with a limit for each comparison, in milliseconds. It keeps the process alive only while it works. */
export function startComparisonWorker(limit: number, events: ComparisonWorkerEvents): ComparisonWorker {
  const memory = new SharedArrayBuffer(STATE_BYTES);
  const state = workerState(memory);
  const worker = new Worker(programFile(), {
    workerData: memory,
    resourceLimits: { maxOldGenerationSizeMb: LARGEST_HEAP_MEGABYTES },
  });
  worker.unref();
  const hiredAt = Date.now();
  let isReady = false;
  let isEnded = false;
  let unanswered = 0;
  let watch: NodeJS.Timeout | undefined;

  const finish = (tell: () => void): void => {
    if (isEnded) return;
    isEnded = true;
    clearTimeout(watch);
    void worker.terminate();
    tell();
  };
  const stop = (decidedBy: string, reason: string): void => {
    const serial = Atomics.load(state.job, 0);
    finish(() => events.onEnd(serial, { equal: false, decidedBy, trace: [reason] }));
  };
  const fail = (problem: string, cause?: unknown): void => {
    finish(() => events.onFailure(new RlvrError('engine/failed', problem, {}, { cause })));
  };
  const look = (): void => {
    const now = Date.now();
    if (!isReady && now - hiredAt > START_MILLISECONDS) {
      fail('A thread that compares answers did not start in time.');
      return;
    }
    // The owner may have been busy itself: what counts is what the worker says of its present comparison.
    const isBusy = Atomics.load(state.job, 0) !== 0;
    const left = isBusy ? limit - (now - (state.startedAt[0] ?? now)) : limit;
    if (isBusy && left <= 0) stop('limit', `stopped after ${limit} ms, the limit of a comparison`);
    else watch = setTimeout(look, Math.max(1, left));
  };

  worker.on('message', (message: WorkerReport) => {
    if (isEnded) return;
    if (message === 'ready') {
      isReady = true;
      return;
    }
    unanswered--;
    if (unanswered === 0) {
      clearTimeout(watch);
      worker.unref();
    }
    events.onResult(message.serial, message.comparison);
  });
  worker.on('error', (error: Error & { code?: string }) => {
    const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    if (isReady && isMemory) stop('limit', `stopped at ${LARGEST_HEAP_MEGABYTES} MB, the memory of a comparison`);
    else if (isReady) stop('failure', 'the comparison ended its thread');
    else fail('A thread that compares answers could not start.', error);
  });
  worker.on('exit', () => {
    if (isReady) stop('failure', 'the comparison ended its thread');
    else fail('A thread that compares answers has ended while it started.');
  });

  return {
    work(jobs) {
      unanswered += jobs.length;
      worker.ref();
      clearTimeout(watch);
      watch = setTimeout(look, limit);
      worker.postMessage(jobs);
    },
    end() {
      isEnded = true;
      clearTimeout(watch);
      return worker.terminate();
    },
  };
}

function programFile(): string {
  const files = programs.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const file = files.find((candidate) => existsSync(candidate));
  if (file !== undefined) return file;
  const problem = `The program of the threads that compare answers is missing: ${files[0] ?? ''}. Build the project again.`;
  throw new RlvrError('engine/unavailable', problem, { file: files[0] });
}
