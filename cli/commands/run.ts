import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PluginCatalog } from '../../core/contracts/pluginCatalog.ts';
import { RlvrError } from '../../core/errors.ts';
import { chosenPlugin } from '../../core/experiment/pluginChoices.ts';
import { readModelConfig } from '../../core/model/modelConfig.ts';
import { createRun } from '../../core/runs/runStore.ts';
import type { NewStart } from '../../core/runs/runStore.ts';
import { startingPolicy } from '../../core/training/startingPolicy.ts';
import { readTrainingState } from '../../core/training/trainingState.ts';
import type { TrainingState } from '../../core/training/trainingState.ts';
import { findAdapter } from '../adapterSource.ts';
import type { AdapterSource } from '../adapterSource.ts';
import { checkInputs } from '../checkInputs.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { chooseExperiments, loadExperimentFile } from '../loadExperiment.ts';
import type { ChosenExperiment } from '../loadExperiment.ts';
import { runSweep } from '../runSweep.ts';
import { startWorker } from '../startWorker.ts';
import { writeLine } from '../terminal.ts';
import { watchToEnd } from '../watchToEnd.ts';

/** Options of `rlvr run`. */
export interface RunOptions {
  readonly set: readonly string[];
  readonly detach?: boolean;
  /** Of a sweep: number or name of the one cell to run. */
  readonly cell?: string;
  /** A run, or the folder of an adapter, that the training starts from. */
  readonly from?: string;
}

/**
 * `rlvr run FILE`: checks the experiment, creates its run, starts the process that trains, and shows it until it ends. The cells of a sweep
 * one after another.
 */
export async function runCommand(context: CommandContext, file: string, options: RunOptions): Promise<number> {
  const catalog = await loadCatalog(context);
  const origin = options.from === undefined ? undefined : findAdapter(context, options.from, catalog);
  // The adapter that is there decides; what the user sets by hand comes after it and must fit.
  const set = origin === undefined ? options.set : [`adapter=${JSON.stringify(origin.choice)}`, ...options.set];
  const { content, source } = loadExperimentFile(context.cwd, file, set, catalog);
  const chosen = chooseExperiments(content, file, options.cell);
  await checkInputs(
    chosen.map(({ resolved }) => resolved.experiment),
    source.folder,
    catalog,
  );
  const start = origin === undefined ? undefined : await placeStart(origin, chosen, source.folder, catalog);
  if (origin !== undefined && !context.json) {
    const adapter = `the adapter is its own (${origin.choice.type}), whatever ${file} names`;
    writeLine(context.terminal, `Starts from ${options.from ?? ''}: ${adapter}.`);
  }
  if (content.kind === 'sweep' && options.cell === undefined) {
    const { name } = content;
    return runSweep(context, { file, name, source, experiments: chosen, start, isDetached: options.detach });
  }
  const [only] = chosen;
  if (only === undefined) throw new RangeError('an experiment file without experiments was read');
  const { experiment } = only.resolved;
  const { folder } = createRun(context.runsFolder, {
    experiment,
    source,
    ...(only.cell && { cell: only.cell }),
    ...(start && { start }),
  });
  return watchToEnd(context, folder, { worker: startWorker(folder), detach: options.detach });
}

/** Puts the adapter onto the model of the experiments, which must be one, and checks that each of them can start from it. */
async function placeStart(
  origin: AdapterSource,
  experiments: readonly ChosenExperiment[],
  folder: string,
  catalog: PluginCatalog,
): Promise<NewStart> {
  const models = [...new Set(experiments.map(({ resolved }) => path.resolve(folder, resolved.experiment.model.path)))];
  const [model] = models;
  if (model === undefined || models.length > 1) {
    throw new RlvrError('usage', '--from puts one adapter onto one model, but the matrix varies model.path.');
  }
  const { start } = await origin.onto(model);
  const [modelConfig, end] = [readModelConfig(model), writtenState(start)];
  for (const { resolved } of experiments) {
    const { plugin, config } = chosenPlugin(catalog, 'adapter', resolved.experiment.adapter);
    startingPolicy(modelConfig, plugin, config, end, start.from);
  }
  return { ...start, isImport: false };
}

/** What each run will find in its folder. */
function writtenState(start: Pick<NewStart, 'write'>): TrainingState {
  const folder = mkdtempSync(path.join(tmpdir(), 'rlvr-start-'));
  try {
    start.write(folder);
    return readTrainingState(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
