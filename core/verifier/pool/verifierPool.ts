import { availableParallelism } from 'node:os';
import type { Comparison } from '../compare/comparison.ts';
import { prepareVerification, type PendingComparison, type Verification } from '../verification.ts';
import type { VerifierOptions } from '../verifierOptions.ts';
import { startComparisonWorker, type ComparisonWorker } from './comparisonWorker.ts';
import type { ComparisonJob } from './messages.ts';

/** How a pool works. */
export interface VerifierPoolOptions {
  /** Workers at most; one per core unless given. */
  readonly threads?: number;
  /** Longest time of one comparison, after which its worker is ended and replaced. */
  readonly limitMilliseconds?: number;
}

/** Verifies answers in worker threads. Workers start when they are needed and do not keep the process alive when they are idle. */
export interface VerifierPool {
  /** Is this completion's answer equal to the reference? Never rejects for what texts hold. Work begins in the order of the calls. */
  verify(completion: string, reference: string, options: VerifierOptions): Promise<Verification>;
  /** Workers that were ended because a comparison took too long or too much memory. */
  readonly replaced: number;
  /** Waits for what is under way, then ends the workers. The pool can be used again. */
  close(): Promise<void>;
}

/** Longest time of one comparison, unless another one is given. */
export const defaultLimitMilliseconds = 500;

const MOST_THREADS = 8;
const LARGEST_BATCH = 32;
/** How long workers are kept for what comes next. */
const IDLE_MILLISECONDS = 30_000;

interface QueuedJob {
  readonly job: ComparisonJob;
  readonly resolve: (comparison: Comparison) => void;
  readonly reject: (error: Error) => void;
}

/** Makes a pool. */
export function createVerifierPool(options: VerifierPoolOptions = {}): VerifierPool {
  const threads = options.threads ?? Math.min(MOST_THREADS, availableParallelism());
  const limit = options.limitMilliseconds ?? defaultLimitMilliseconds;
  const queue: QueuedJob[] = [];
  const workers = new Map<ComparisonWorker, QueuedJob[]>();
  let serial = 0;
  let replaced = 0;
  let isScheduled = false;
  let idle: NodeJS.Timeout | undefined;
  let onIdle: (() => void)[] = [];

  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    queueMicrotask(() => {
      isScheduled = false;
      dispatch();
    });
  };

  const dispatch = (): void => {
    clearTimeout(idle);
    while (queue.length > 0) {
      const worker = freeWorker();
      if (worker === undefined) return;
      const batch = queue.splice(0, Math.min(LARGEST_BATCH, Math.ceil(queue.length / threads)));
      workers.set(worker, batch);
      worker.work(batch.map(({ job }) => job));
    }
    if ([...workers.values()].some((batch) => batch.length > 0)) return;
    idle = setTimeout(() => void disband(), IDLE_MILLISECONDS).unref();
    for (const resolve of onIdle) resolve();
    onIdle = [];
  };

  const freeWorker = (): ComparisonWorker | undefined => {
    for (const [worker, batch] of workers) {
      if (batch.length === 0) return worker;
    }
    return workers.size < threads ? hire() : undefined;
  };

  const hire = (): ComparisonWorker => {
    const worker = startComparisonWorker(limit, {
      onResult: (done, comparison) => {
        const batch = workers.get(worker) ?? [];
        const index = batch.findIndex(({ job }) => job.serial === done);
        for (const { resolve } of batch.splice(index, index < 0 ? 0 : 1)) resolve(comparison);
        if (batch.length === 0) schedule();
      },
      onEnd: (at, comparison) => {
        const batch = workers.get(worker) ?? [];
        workers.delete(worker);
        replaced++;
        const index = batch.findIndex(({ job }) => job.serial === at);
        for (const { resolve } of batch.splice(index, index < 0 ? 0 : 1)) resolve(comparison);
        queue.unshift(...batch);
        schedule();
      },
      onFailure: (error) => {
        const batch = workers.get(worker) ?? [];
        workers.delete(worker);
        for (const { reject } of [...batch, ...queue.splice(0)]) reject(error);
        schedule();
      },
    });
    workers.set(worker, []);
    return worker;
  };

  const disband = async (): Promise<void> => {
    const all = [...workers.keys()];
    workers.clear();
    await Promise.all(all.map((worker) => worker.end()));
  };

  const compare = ({ gold, answer, options }: PendingComparison): Promise<Comparison> =>
    new Promise((resolve, reject) => {
      serial = (serial % 0x7fff_ffff) + 1;
      queue.push({ job: { serial, gold, answer, options }, resolve, reject });
      schedule();
    });

  return {
    async verify(completion, reference, verifierOptions) {
      const prepared = prepareVerification(completion, reference, verifierOptions);
      return 'finish' in prepared ? prepared.finish(await compare(prepared)) : prepared;
    },
    get replaced() {
      return replaced;
    },
    async close() {
      await new Promise<void>((resolve) => {
        onIdle.push(resolve);
        schedule();
      });
      clearTimeout(idle);
      await disband();
    },
  };
}

let shared: VerifierPool | undefined;

/** The pool of this process, for callers without a limit of their own. */
export function sharedVerifierPool(): VerifierPool {
  shared ??= createVerifierPool();
  return shared;
}
