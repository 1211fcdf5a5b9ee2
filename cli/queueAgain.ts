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
    const { status, experiment, start } = readRun(folder);
    const id = path.basename(folder);
    if (status === 'finished') {
      throw new RlvrError(
        'run/not-running',
        start?.isImport === true
          ? `Run ${id} is an adapter that was imported: \`rlvr run EXPERIMENT --from ${id}\` trains on from it.`
          : `Run ${id} has finished all of its ${experiment.training.steps} steps; there is nothing to go on with.`,
        { run: id },
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
