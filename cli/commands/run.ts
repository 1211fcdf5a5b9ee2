import { createRun } from '../../core/runs/runStore.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { checkInputs } from '../checkInputs.ts';
import { loadExperiment } from '../loadExperiment.ts';
import { startWorker } from '../startWorker.ts';
import { watchToEnd } from '../watchToEnd.ts';

/** Options of `rlvr run`. */
export interface RunOptions {
  readonly set: readonly string[];
  readonly detach?: boolean;
}

/** `rlvr run FILE`: checks the experiment, creates its run, starts the process that trains, and shows it until it ends. */
export async function runCommand(context: CommandContext, file: string, options: RunOptions): Promise<number> {
  const catalog = await loadCatalog(context);
  const { resolved, source } = loadExperiment(context.cwd, file, options.set, catalog);
  const { experiment } = resolved;
  await checkInputs(experiment, source.folder, catalog);
  const { folder } = createRun(context.runsFolder, { experiment, source });
  return watchToEnd(context, folder, { worker: startWorker(folder), detach: options.detach });
}
