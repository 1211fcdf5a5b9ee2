import path from 'node:path';
import { RlvrError } from '../core/errors.ts';
import { forgetCheckpointsAfter, listCheckpoints } from '../core/runs/checkpointFolder.ts';
import { acquireLock } from '../core/runs/lock.ts';
import { readRun, updateRun } from '../core/runs/runJson.ts';
import { bestStep } from './subject.ts';
import type { ChosenStep } from './subject.ts';

/** How a run goes on. */
export interface QueueOptions {
  /** Whether to go on although versions, processor or threads are not those that the run started with. */
  readonly acceptsChanges?: boolean | undefined;
  /** From this checkpoint instead of the newest: what the run has done after it is given up. */
  readonly checkpoint?: ChosenStep;
}

/**
 * Marks a run that has not finished, or that goes back to an earlier checkpoint, as one that a process is asked for. Throws `run/locked`
 * where one works on it already, `run/not-running` for one that has finished and `run/not-found` without such a checkpoint.
 */
export async function queueAgain(
  folder: string,
  { acceptsChanges = false, checkpoint }: QueueOptions = {},
): Promise<void> {
  // The lock keeps others out while the run is queued; its process takes it over.
  const lock = await acquireLock(folder);
  try {
    const record = readRun(folder);
    const { status, start, steps } = record;
    const id = path.basename(folder);
    if (checkpoint !== undefined) goBack(folder, checkpoint === 'best' ? bestStep(id, record) : checkpoint);
    else if (status === 'finished') {
      throw new RlvrError(
        'run/not-running',
        start?.isImport === true
          ? `Run ${id} is an adapter that was imported: \`rlvr run EXPERIMENT --from ${id}\` trains on from it.`
          : `Run ${id} has finished after ${steps} steps; there is nothing to go on with. ` +
              `\`rlvr resume ${id} --checkpoint STEP\` does again what came after a checkpoint.`,
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

/** Makes a checkpoint the newest. Whatever else is later is removed when the run goes on. */
function goBack(folder: string, step: number): void {
  const steps = listCheckpoints(folder).map((checkpoint) => checkpoint.step);
  if (steps.includes(step)) {
    forgetCheckpointsAfter(folder, step);
    return;
  }
  const run = path.basename(folder);
  const choices = steps.length === 0 ? '' : ` There are: ${steps.join(', ')}.`;
  throw new RlvrError('run/not-found', `Run ${run} has no checkpoint of step ${step}.${choices}`, { run, step, steps });
}
