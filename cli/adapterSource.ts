import { copyFileSync, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { PluginCatalog } from '../core/contracts/pluginCatalog.ts';
import { RlvrError } from '../core/errors.ts';
import { importedPolicy } from '../core/exchange/importedPolicy.ts';
import { ADAPTER_CONFIG, pickleRefusal, readPeftFolder } from '../core/exchange/peftFolder.ts';
import { readPeftAdapter } from '../core/exchange/readPeftAdapter.ts';
import type { PluginChoice } from '../core/experiment/pluginChoices.ts';
import { loadCheckpoint } from '../core/model/checkpoint.ts';
import type { NewStart } from '../core/runs/runStore.ts';
import { parameterValues, trainableCount } from '../core/training/policy.ts';
import { stateFileName, writeTrainingState } from '../core/training/trainingState.ts';
import type { CommandContext } from './command.ts';
import { policyOfRun } from './loadedPolicy.ts';
import { findRunSubject } from './subject.ts';

/** An adapter that exists: of a run, or in a folder as PEFT saves it. */
export interface AdapterSource {
  /** The method with its settings, as an experiment names it. */
  readonly choice: PluginChoice;
  /** Puts it onto a base model. Throws `adapter/invalid` and others where it does not belong there. */
  onto(modelFolder: string): Promise<PlacedAdapter>;
}

/** An adapter on its base. */
export interface PlacedAdapter {
  readonly start: Omit<NewStart, 'isImport'>;
  /** Of the model's weights, which are read for it. */
  modelHash(): Promise<string>;
  readonly trainableParameters: number;
}

/** Finds what RUN|FOLDER means and reads its settings. Throws `adapter/invalid`, `run/not-found`. */
export function findAdapter(context: CommandContext, reference: string, catalog: PluginCatalog): AdapterSource {
  const folder = path.resolve(context.cwd, reference);
  if (existsSync(path.join(folder, ADAPTER_CONFIG))) return folderSource(folder, reference, catalog);
  if (/[/\\]/.test(reference) || reference.startsWith('.')) throw noAdapter(folder, reference);
  return runSource(context, reference, catalog);
}

/** Reads an adapter as PEFT saves it. */
export function folderSource(folder: string, reference: string, catalog: PluginCatalog): AdapterSource {
  if (!existsSync(path.join(folder, ADAPTER_CONFIG))) throw noAdapter(folder, reference);
  const read = readPeftAdapter(reference, readPeftFolder(folder), catalog.all('adapter'));
  return {
    choice: { type: read.adapter.id, ...(read.config as Readonly<Record<string, unknown>>) },
    async onto(modelFolder) {
      const checkpoint = await loadCheckpoint(modelFolder);
      const policy = importedPolicy(checkpoint, read, reference);
      return {
        start: {
          from: folder,
          write: (target) => {
            const state = { step: 0, parameters: parameterValues(policy), slots: new Map(), objective: {} };
            writeTrainingState(target, state, policy);
          },
        },
        modelHash: () => checkpoint.hash(),
        trainableParameters: trainableCount(policy),
      };
    },
  };
}

function runSource(context: CommandContext, reference: string, catalog: PluginCatalog): AdapterSource {
  const [run = reference, step] = reference.split('@');
  const chosen = step === undefined || step === 'best' ? step : stepOf(step, reference);
  const subject = findRunSubject(context, run, chosen);
  const { record, name, step: found, checkpointFolder } = subject;
  return {
    choice: record.experiment.adapter,
    async onto(modelFolder) {
      const checkpoint = await loadCheckpoint(modelFolder);
      const policy = await policyOfRun({ ...subject, modelFolder }, checkpoint, catalog);
      return {
        start: {
          from: found === 0 ? name : `${name}, step ${found}`,
          write: (target) => {
            if (checkpointFolder !== undefined) {
              copyFileSync(path.join(checkpointFolder, stateFileName), path.join(target, stateFileName));
            }
          },
        },
        modelHash: () => checkpoint.hash(),
        trainableParameters: trainableCount(policy),
      };
    },
  };
}

function stepOf(text: string, reference: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new RlvrError('usage', `After the "@" of ${reference} the step of a checkpoint is expected, or "best".`, {
    reference,
  });
}

function noAdapter(folder: string, reference: string): RlvrError {
  if (!existsSync(folder))
    return new RlvrError('adapter/invalid', `There is no folder ${reference}.`, { path: folder });
  const pickle = statSync(folder).isFile() ? pickleRefusal(path.basename(folder)) : undefined;
  if (pickle !== undefined) return new RlvrError('adapter/invalid', pickle, { path: folder });
  const kind = existsSync(path.join(folder, 'config.json'))
    ? 'It is a model; a model is named by `model.path`.'
    : existsSync(path.join(folder, 'run.json'))
      ? `It is a run: name it by its id, ${path.basename(folder)}.`
      : 'An adapter as PEFT saves it is a folder with that file and adapter_model.safetensors.';
  return new RlvrError('adapter/invalid', `${reference} holds no ${ADAPTER_CONFIG}. ${kind}`, { path: folder });
}
