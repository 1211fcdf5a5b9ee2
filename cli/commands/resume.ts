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
}

/** `rlvr resume RUN`: goes on with a run from its newest checkpoint, and shows it until it ends. */
export async function resumeCommand(
  context: CommandContext,
  reference: string,
  options: ResumeOptions,
): Promise<number> {
  const folder = findRun(context.runsFolder, reference);
  await queueAgain(folder, options.acceptChanges);
  return watchToEnd(context, folder, { worker: startWorker(folder), detach: options.detach });
}
