import { findRun } from '../../core/runs/runStore.ts';
import type { CommandContext } from '../command.ts';
import { watchToEnd } from '../watchToEnd.ts';

/** `rlvr attach RUN`: shows a run that goes on in the background, until it ends or the user leaves it again. */
export async function attachCommand(context: CommandContext, reference: string): Promise<number> {
  return watchToEnd(context, findRun(context.runsFolder, reference), {});
}
