import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { RlvrError } from '../core/errors.ts';
import { listCheckpoints } from '../core/runs/checkpointFolder.ts';
import { runFile } from '../core/runs/runFiles.ts';
import { readRun } from '../core/runs/runJson.ts';
import type { RunRecord } from '../core/runs/runRecord.ts';
import { findRun } from '../core/runs/runStore.ts';
import type { CommandContext } from './command.ts';

/** What a command works on: a run at one of its checkpoints, or a model folder. */
export type Subject =
  | {
      readonly kind: 'run';
      /** The run's id. */
      readonly name: string;
      readonly folder: string;
      readonly record: RunRecord;
      readonly modelFolder: string;
      /** Optimizer steps done; 0 is the policy before training. */
      readonly step: number;
      /** The folder with the state; undefined for the start of a run that starts from the base. */
      readonly checkpointFolder: string | undefined;
    }
  | { readonly kind: 'model'; readonly name: string; readonly modelFolder: string };

/** A checkpoint of a run: of this step, the one that training kept as its best, or the newest. */
export type ChosenStep = number | 'best' | undefined;

/** A subject that is a run. */
export type RunSubject = Extract<Subject, { kind: 'run' }>;

/**
 * Finds what RUN|MODEL names: a folder with a config.json is a model, anything else that is no path is a run. `step` chooses a checkpoint
 * of a run, the newest where it is left out; `best` is that of the highest accuracy on the selection split. Throws `model/missing`,
 * `run/not-found`, `run/invalid-id`, `usage`.
 */
export function findSubject(context: CommandContext, reference: string, step: ChosenStep): Subject {
  const folder = path.resolve(context.cwd, reference);
  if (holds(folder, 'config.json')) {
    if (step === undefined) return { kind: 'model', name: reference, modelFolder: folder };
    throw new RlvrError('usage', `--checkpoint chooses a checkpoint of a run; ${reference} is a model folder.`);
  }
  if (!looksLikePath(reference)) return findRunSubject(context, reference, step);
  throw new RlvrError(
    'model/missing',
    `${reference} holds no config.json, so it is no model folder. ${hintFor(folder)}`,
    {
      path: folder,
    },
  );
}

/** Finds a run at one of its checkpoints. Throws `run/not-found`, `run/invalid-id`. */
export function findRunSubject(context: CommandContext, reference: string, chosenStep: ChosenStep): RunSubject {
  const folder = findRun(context.runsFolder, reference);
  const record = readRun(folder);
  const name = path.basename(folder);
  const step = chosenStep === 'best' ? bestStep(name, record) : chosenStep;
  const modelFolder = path.resolve(record.source.folder, record.experiment.model.path);
  const run = { kind: 'run', name, folder, record, modelFolder } as const;
  const checkpoints = listCheckpoints(folder);
  const isImport = record.start?.isImport === true && checkpoints.length === 0;
  if (step === 0 || (step === undefined && isImport)) {
    return { ...run, step: 0, checkpointFolder: record.start && runFile(folder, 'start') };
  }
  const chosen = step === undefined ? checkpoints.at(-1) : checkpoints.find((checkpoint) => checkpoint.step === step);
  if (chosen !== undefined) return { ...run, step: chosen.step, checkpointFolder: chosen.folder };
  const steps = checkpoints.map((checkpoint) => checkpoint.step);
  const wanted = step === undefined ? 'no checkpoint yet' : `no checkpoint of step ${step}`;
  const choices = steps.length === 0 ? '' : ` There are: ${steps.join(', ')}.`;
  throw new RlvrError('run/not-found', `Run ${name} has ${wanted}.${choices}`, { run: name, step, steps });
}

/** The step of the best checkpoint of a run. Throws `run/not-found` where none was kept. */
export function bestStep(name: string, { best, experiment }: RunRecord): number {
  if (best !== undefined) return best.step;
  const why = experiment.training.keep_best
    ? 'accuracy on the selection split has not been measured yet (evaluation.every)'
    : 'training.keep_best is off';
  throw new RlvrError('run/not-found', `Run ${name} has no best checkpoint: ${why}.`, { run: name });
}

function hintFor(folder: string): string {
  if (holds(folder, 'run.json')) return `It is a run: name it by its id, ${path.basename(folder)}.`;
  if (holds(folder, 'adapter_config.json')) return 'It is an adapter alone: name the run that it belongs to instead.';
  return 'Name a run by its id, or a Hugging Face model folder.';
}

function looksLikePath(reference: string): boolean {
  return /[/\\]/.test(reference) || reference.startsWith('.') || path.isAbsolute(reference);
}

function holds(folder: string, file: string): boolean {
  return existsSync(path.join(folder, file)) && statSync(path.join(folder, file)).isFile();
}
