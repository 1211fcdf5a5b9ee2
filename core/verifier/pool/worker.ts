import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../errors.ts';
import { compareAnswers } from '../compare/compareAnswers.ts';
import { defaultCompareOptions, type Comparison } from '../compare/comparison.ts';
import { workerState, type ComparisonJob, type WorkerReport } from './messages.ts';

const state = workerState(workerData as SharedArrayBuffer);

function report(message: WorkerReport): void {
  parentPort?.postMessage(message);
}

/** A comparison that fails is not equal: what it fails by, such as brackets nested too deep, an answer may hold on purpose. */
function compare({ gold, answer, options }: ComparisonJob): Comparison {
  try {
    return compareAnswers(gold, answer, options);
  } catch (error) {
    return { equal: false, decidedBy: 'failure', trace: [`the comparison failed: ${messageOf(error)}`] };
  }
}

parentPort?.on('message', (jobs: readonly ComparisonJob[]) => {
  for (const job of jobs) {
    state.startedAt[0] = Date.now();
    Atomics.store(state.job, 0, job.serial);
    const comparison = compare(job);
    Atomics.store(state.job, 0, 0);
    report({ serial: job.serial, comparison });
  }
});

// What is loaded and compiled at first use is no part of any comparison's time.
compareAnswers('\\frac{x}{2}+1', '1+\\frac{1}{2}x', defaultCompareOptions);
report('ready');
