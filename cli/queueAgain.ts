import path from 'node:path';
import { RlvrError } from '../core/errors.ts';
import { acquireLock } from '../core/runs/lock.ts';
import { readRun, updateRun } from '../core/runs/runJson.ts';

/**
 * Marks a run that has not finished as one that a process is asked for. Throws `run/locked` where one works on it already and
 * `run/not-running` for one that has finished.
 */
export async function queueAgain(folder: string, acceptsChanges = false): Promise<void> {
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
      ...(acceptsChanges ? { environment: undefined } : {}),
    });
  } finally {
    lock.release();
  }
}
