import path from 'node:path';
import type { PluginCatalog } from '../../core/contracts/pluginCatalog.ts';
import { ADAPTER_CONFIG } from '../../core/exchange/peftFolder.ts';
import { parseExperiment } from '../../core/experiment/parse.ts';
import type { PluginChoice } from '../../core/experiment/pluginChoices.ts';
import { resolveExperiment } from '../../core/experiment/resolve.ts';
import type { Experiment } from '../../core/experiment/schema.ts';
import { formatCount } from '../../core/report/formatValue.ts';
import { createRun } from '../../core/runs/runStore.ts';
import { folderSource } from '../adapterSource.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { rolloutFor } from '../evaluatedExperiment.ts';
import { exitCodes } from '../exitCodes.ts';
import { firstChoices } from '../firstChoices.ts';
import { runName } from '../runName.ts';
import { writeFacts } from '../table.ts';
import { writeJson, writeLine } from '../terminal.ts';

/** Options of `rlvr import`. */
export interface ImportOptions {
  /** The base model's folder. */
  readonly base: string;
  /** The run's name; the folder's where it is left out. */
  readonly name?: string;
}

/** `rlvr import FOLDER --base MODEL`: an adapter as PEFT saves it becomes a run that has been trained elsewhere. */
export async function importCommand(
  context: CommandContext,
  reference: string,
  options: ImportOptions,
): Promise<number> {
  const { cwd, terminal, json, runsFolder } = context;
  const [folder, modelFolder] = [path.resolve(cwd, reference), path.resolve(cwd, options.base)];
  const catalog = await loadCatalog(context);
  const source = folderSource(folder, reference, catalog);
  const experiment = importedExperiment(options.name ?? runName(folder), modelFolder, source.choice, catalog);
  const { start, modelHash, trainableParameters } = await source.onto(modelFolder);
  const run = createRun(runsFolder, {
    experiment,
    source: { file: path.join(folder, ADAPTER_CONFIG), folder: cwd },
    start: { ...start, isImport: true },
    known: { hashes: { model: await modelHash() }, trainableParameters },
  });
  const { type, ...settings } = source.choice;
  if (json) {
    writeJson(terminal, {
      run: run.id,
      folder: run.folder,
      adapter: source.choice,
      trainableParameters,
      model: modelFolder,
    });
    return exitCodes.success;
  }
  writeLine(terminal, `Imported ${reference} as run ${run.id}.`);
  writeFacts(terminal, [
    ['method', `${type}, ${formatCount(trainableParameters)} parameters`],
    ['settings', describeSettings(settings)],
    ['base', options.base],
  ]);
  writeLine(
    terminal,
    `Next: \`rlvr eval ${run.id}\` measures it, \`rlvr merge ${run.id} --out FOLDER\` folds it into its base,`,
  );
  writeLine(terminal, `\`rlvr run EXPERIMENT --from ${run.id}\` trains on from it.`);
  return exitCodes.success;
}

/** A run has an experiment: of an import, one that would train the same adapter on the first data set there is. */
function importedExperiment(name: string, model: string, adapter: PluginChoice, catalog: PluginCatalog): Experiment {
  const written = {
    name,
    model: { path: model },
    adapter,
    ...firstChoices(catalog),
    rollout: rolloutFor(model),
  };
  return resolveExperiment(parseExperiment(JSON.stringify(written), 'the imported adapter'), catalog).experiment;
}

/** Settings that say something: not those that are empty or off. */
function describeSettings(settings: Readonly<Record<string, unknown>>): string {
  const isEmpty = (value: unknown): boolean =>
    !value || value === 'none' || (typeof value === 'object' && Object.keys(value).length === 0);
  return Object.entries(settings)
    .filter(([, value]) => !isEmpty(value))
    .map(
      ([key, value]) =>
        `${key} ${Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    .join('; ');
}
