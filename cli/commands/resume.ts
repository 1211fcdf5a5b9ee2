import type { CommandContext } from '../command.ts';
import { findRun } from '../../core/runs/runStore.ts';
import { queueAgain } from '../queueAgain.ts';
import { startWorker } from '../startWorker.ts';
import { watchToEnd } from '../watchToEnd.ts';

/** Options of `rlvr resume`. */
export interface ResumeOptions {
  readonly detach?: boolean;
  /** Whether to go on although versions, processor or threads are not those that the run started with. */
  readonly acceptChanges?: boolean;
  /** Goes back to this checkpoint first. */
  readonly checkpoint?: number | 'best';
}

/** `rlvr resume RUN`: goes on with a run from its newest checkpoint, or one that is named, and shows it until it ends. */
export async function resumeCommand(
  context: CommandContext,
  reference: string,
  options: ResumeOptions,
): Promise<number> {
  const folder = findRun(context.runsFolder, reference);
  await queueAgain(folder, { acceptsChanges: options.acceptChanges, checkpoint: options.checkpoint });
  return watchToEnd(context, folder, { worker: startWorker(folder), detach: options.detach });
}
