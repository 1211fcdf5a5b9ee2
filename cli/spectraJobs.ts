import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { PluginCatalog } from '../core/contracts/pluginCatalog.ts';
import { RlvrError } from '../core/errors.ts';
import { ADAPTER_CONFIG, readPeftFolder } from '../core/exchange/peftFolder.ts';
import { readPeftAdapter } from '../core/exchange/readPeftAdapter.ts';
import { chosenPlugin } from '../core/experiment/pluginChoices.ts';
import { listCheckpoints } from '../core/runs/checkpointFolder.ts';
import { runFile } from '../core/runs/runFiles.ts';
import { spectraFileName } from '../core/runs/spectraFiles.ts';
import { adapterSource, policyAdapter, type TrainedAdapter } from '../core/spectra/adapterSource.ts';
import { openBaseModel, type BaseModel } from '../core/spectra/baseModel.ts';
import type { WeightSource } from '../core/spectra/layerWeights.ts';
import { modelSource } from '../core/spectra/modelSource.ts';
import { importedAdapter, plannedAdapter } from '../core/spectra/plannedAdapter.ts';
import type { SpectraRecord } from '../core/spectra/spectraRecord.ts';
import { trainedPolicy } from '../core/training/startingPolicy.ts';
import type { CommandContext } from './command.ts';
import { findRunSubject } from './subject.ts';

/** One checkpoint, adapter or model to analyse. */
export interface SpectraJob {
  readonly subject: SpectraRecord['subject'];
  /** Where its spectra go. */
  readonly file: string;
  /** Opens its weights; nothing is read before. */
  open(): WeightSource;
}

/** What to analyse, as the command line says. */
export interface SpectraChoices {
  readonly base?: string;
  /** Step of a checkpoint, or all of them. */
  readonly checkpoint?: number | 'all';
  readonly out?: string;
}

/**
 * What RUN|FOLDER means: the checkpoints of a run, oldest first; an adapter of PEFT's; or a whole model beside its base.
 *
 * @throws RlvrError `usage`, `run/not-found`, `model/missing`, `adapter/invalid`, `run/environment-changed`
 */
export async function spectraJobs(
  context: CommandContext,
  reference: string,
  choices: SpectraChoices,
  catalog: PluginCatalog,
): Promise<readonly SpectraJob[]> {
  const folder = path.resolve(context.cwd, reference);
  if (isFile(path.join(folder, ADAPTER_CONFIG))) return [adapterJob(context, reference, folder, choices, catalog)];
  if (isFile(path.join(folder, 'config.json'))) return [modelJob(context, reference, folder, choices)];
  if (!/[/\\]/.test(reference) && !reference.startsWith('.')) return runJobs(context, reference, choices, catalog);
  const missing = existsSync(folder) ? `holds neither ${ADAPTER_CONFIG} nor config.json` : 'does not exist';
  const hint = isFile(path.join(folder, 'run.json'))
    ? `It is a run: name it by its id, ${path.basename(folder)}.`
    : 'Name a run by its id, a folder with an adapter of PEFT’s, or a Hugging Face model folder.';
  throw new RlvrError('usage', `${reference} ${missing}. ${hint}`, { path: folder });
}

async function runJobs(
  context: CommandContext,
  reference: string,
  { base: otherBase, checkpoint = 'all', out }: SpectraChoices,
  catalog: PluginCatalog,
): Promise<readonly SpectraJob[]> {
  const { record, name, folder, modelFolder } = findRunSubject(
    context,
    reference,
    checkpoint === 'all' ? undefined : checkpoint,
  );
  const base = otherBase === undefined ? modelFolder : path.resolve(context.cwd, otherBase);
  const { plugin: adapter, config } = chosenPlugin(catalog, 'adapter', record.experiment.adapter);
  const target = out === undefined ? runFile(folder, 'spectra') : path.resolve(context.cwd, out);
  await checkBase(base, record.hashes.model, name);
  const start = { step: 0, folder: undefined };
  const checkpoints = [...(checkpoint === 0 ? [start] : []), ...listCheckpoints(folder)];
  return checkpoints
    .filter(({ step }) => checkpoint === 'all' || step === checkpoint)
    .map(({ step, folder: checkpointFolder }) => ({
      subject: { kind: 'run', name, method: record.method, base, step },
      file: path.join(target, spectraFileName(step)),
      open: () =>
        opened(openBaseModel(base), ({ config: model }) =>
          checkpointFolder === undefined
            ? plannedAdapter(model, { adapter, config, parameters: new Map(), seed: record.experiment.seed }, name)
            : policyAdapter(trainedPolicy(model, adapter, config, checkpointFolder), checkpointFolder),
        ),
    }));
}

/** The model that a run was trained on must be the one that its adapter is put on. */
async function checkBase(folder: string, trainedOn: string | undefined, run: string): Promise<void> {
  const base = openBaseModel(folder);
  try {
    const found = trainedOn === undefined ? undefined : await base.hash();
    if (found === trainedOn) return;
    const message =
      `The model ${folder} is not the one that run ${run} was trained on (its weights differ), so the adapter does not ` +
      'belong to it. Name the model with --base.';
    throw new RlvrError('run/environment-changed', message, { model: folder, trainedOn, found });
  } finally {
    base.close();
  }
}

function adapterJob(
  context: CommandContext,
  reference: string,
  folder: string,
  choices: SpectraChoices,
  catalog: PluginCatalog,
): SpectraJob {
  refuseCheckpoint(reference, choices);
  const peft = readPeftFolder(folder);
  const named = peft.config['base_model_name_or_path'];
  const base = baseFolder(
    context,
    choices.base ?? (typeof named === 'string' ? named : ''),
    choices.base === undefined,
  );
  const read = readPeftAdapter(reference, peft, catalog.all('adapter'));
  return {
    subject: { kind: 'adapter', name: reference, method: read.adapter.id, base },
    file: outFile(context, folder, choices),
    open: () => opened(openBaseModel(base), ({ config }) => importedAdapter(config, read, reference)),
  };
}

function modelJob(context: CommandContext, reference: string, folder: string, choices: SpectraChoices): SpectraJob {
  refuseCheckpoint(reference, choices);
  if (choices.base === undefined) {
    throw new RlvrError(
      'usage',
      `${reference} is a whole model: name the model that it was trained from with --base.`,
      {
        path: folder,
      },
    );
  }
  const base = baseFolder(context, choices.base, false);
  return {
    subject: { kind: 'model', name: reference, base },
    file: outFile(context, folder, choices),
    open: () => {
      const before = openBaseModel(base);
      return closingOnError(before, () => {
        const after = openBaseModel(folder);
        return closingOnError(after, () => modelSource(before, after, reference));
      });
    },
  };
}

function baseFolder({ cwd }: CommandContext, named: string, isFromConfig: boolean): string {
  const folder = path.resolve(cwd, named);
  if (named !== '' && isFile(path.join(folder, 'config.json'))) return folder;
  const source = isFromConfig ? `${ADAPTER_CONFIG} names the base "${named}", which` : `The base ${named}`;
  throw new RlvrError('model/missing', `${source} is no model folder here. Name one with --base FOLDER.`, {
    base: named,
  });
}

function refuseCheckpoint(reference: string, { checkpoint }: SpectraChoices): void {
  if (checkpoint === undefined) return;
  throw new RlvrError('usage', `--checkpoint chooses a checkpoint of a run; ${reference} is a folder.`);
}

function outFile({ cwd }: CommandContext, folder: string, { out = 'spectra' }: SpectraChoices): string {
  return path.resolve(cwd, out, `${path.basename(folder)}.json`);
}

function opened(base: BaseModel, trained: (base: BaseModel) => TrainedAdapter): WeightSource {
  return closingOnError(base, () => adapterSource(base, trained(base)));
}

function closingOnError<Result>(base: BaseModel, open: () => Result): Result {
  try {
    return open();
  } catch (error) {
    base.close();
    throw error;
  }
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}
