import path from 'node:path';
import { RlvrError } from '../../core/errors.ts';
import { acquireLock } from '../../core/runs/lock.ts';
import { readRun, updateRun } from '../../core/runs/runJson.ts';
import { findRun } from '../../core/runs/runStore.ts';
import type { CommandContext } from '../command.ts';
import { startWorker } from '../startWorker.ts';
import { watchToEnd } from '../watchToEnd.ts';

/** Options of `rlvr resume`. */
export interface ResumeOptions {
  readonly detach?: boolean;
  /** Whether to go on although versions, processor or threads are not those that the run started with. */
  readonly acceptChanges?: boolean;
}

/** `rlvr resume RUN`: goes on with a run from its newest checkpoint, and shows it until it ends. */
export async function resumeCommand(
  context: CommandContext,
  reference: string,
  options: ResumeOptions,
): Promise<number> {
  const folder = findRun(context.runsFolder, reference);
  // The lock keeps others out while the run is queued; its process takes it over.
  const lock = await acquireLock(folder);
  try {
    const { status, experiment } = readRun(folder);
    if (status === 'finished') {
      throw new RlvrError(
        'run/not-running',
        `Run ${path.basename(folder)} has finished all of its ${experiment.training.steps} steps; there is nothing to go on with.`,
        { run: path.basename(folder) },
      );
    }
    updateRun(folder, {
      status: 'queued',
      queuedAt: new Date().toISOString(),
      error: undefined,
      ...(options.acceptChanges === true ? { environment: undefined } : {}),
    });
  } finally {
    lock.release();
  }
  return watchToEnd(context, folder, { worker: startWorker(folder), detach: options.detach });
}
