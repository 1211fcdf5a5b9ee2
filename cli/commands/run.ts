import { createRun } from '../../core/runs/runStore.ts';
import { checkInputs } from '../checkInputs.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { chooseExperiments, loadExperimentFile } from '../loadExperiment.ts';
import { runSweep } from '../runSweep.ts';
import { startWorker } from '../startWorker.ts';
import { watchToEnd } from '../watchToEnd.ts';

/** Options of `rlvr run`. */
export interface RunOptions {
  readonly set: readonly string[];
  readonly detach?: boolean;
  /** Of a sweep: number or name of the one cell to run. */
  readonly cell?: string;
}

/**
 * `rlvr run FILE`: checks the experiment, creates its run, starts the process that trains, and shows it until it ends. The cells of a sweep
 * one after another.
 */
export async function runCommand(context: CommandContext, file: string, options: RunOptions): Promise<number> {
  const catalog = await loadCatalog(context);
  const { content, source } = loadExperimentFile(context.cwd, file, options.set, catalog);
  const chosen = chooseExperiments(content, file, options.cell);
  for (const { resolved } of chosen) await checkInputs(resolved.experiment, source.folder, catalog);
  if (content.kind === 'sweep' && options.cell === undefined) {
    return runSweep(context, { file, name: content.name, source, experiments: chosen, isDetached: options.detach });
  }
  const [only] = chosen;
  if (only === undefined) throw new RangeError('an experiment file without experiments was read');
  const { experiment } = only.resolved;
  const { folder } = createRun(context.runsFolder, { experiment, source, ...(only.cell && { cell: only.cell }) });
  return watchToEnd(context, folder, { worker: startWorker(folder), detach: options.detach });
}
