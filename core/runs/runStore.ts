import { existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Experiment } from '../experiment/schema.ts';
import { RlvrError } from '../errors.ts';
import { syncFolder } from '../model/atomicFile.ts';
import { runFile } from './runFiles.ts';
import { checkRunReference, createRunId, isRunId } from './runId.ts';
import { readRun, saveRun } from './runJson.ts';
import type { RunRecord, RunStart } from './runRecord.ts';
import { errnoOf, writing } from './writing.ts';

/** A run as a listing finds it: with its record, or with the reason why there is none. */
export type ListedRun = { readonly id: string; readonly folder: string } & (
  | { readonly record: RunRecord; readonly problem?: undefined }
  | { readonly record?: undefined; readonly problem: string }
);

/** The start of a run that is not the base. */
export interface NewStart extends RunStart {
  /** Writes its values into an empty folder. */
  write(folder: string): void;
}

/** What a new run is made of. */
export interface NewRun {
  readonly experiment: Experiment;
  readonly source: RunRecord['source'];
  readonly cell?: RunRecord['cell'];
  readonly trial?: RunRecord['trial'];
  /** Where it starts, when that is not the base. */
  readonly start?: NewStart;
  /** What is known of it before its process begins. */
  readonly known?: Partial<Pick<RunRecord, 'hashes' | 'trainableParameters'>>;
  readonly now?: Date;
}

/**
 * Creates a run with status `queued` (an import: `finished`). Its folder appears at once with `run.json` in it, or not at all. Throws
 * `run/unwritable`.
 */
export function createRun(
  runsFolder: string,
  { experiment, source, cell, trial, start, known = {}, now = new Date() }: NewRun,
): RunRecord & { folder: string } {
  makeRunsFolder(runsFolder);
  const id = createRunId(experiment.name, now);
  const folder = path.join(runsFolder, id);
  const unfinished = path.join(runsFolder, `.new-${id}`);
  const record: RunRecord = {
    format: 1,
    id,
    status: start?.isImport === true ? 'finished' : 'queued',
    createdAt: now.toISOString(),
    queuedAt: now.toISOString(),
    attempts: [],
    experiment,
    source,
    method: experiment.adapter.type,
    ...(cell === undefined ? {} : { cell }),
    ...(trial === undefined ? {} : { trial }),
    ...(start === undefined ? {} : { start: { from: start.from, isImport: start.isImport } }),
    steps: 0,
    evaluation: {},
    checkpoints: [],
    checks: [],
    seeds: { experiment: experiment.seed, evaluation: experiment.evaluation.seed },
    plugins: [],
    hashes: {},
    ...known,
  };
  writing(folder, () => {
    try {
      mkdirSync(unfinished);
      if (start !== undefined) {
        mkdirSync(runFile(unfinished, 'start'));
        start.write(runFile(unfinished, 'start'));
      }
      saveRun(unfinished, record);
      renameSync(unfinished, folder);
      syncFolder(runsFolder);
    } catch (error) {
      rmSync(unfinished, { recursive: true, force: true });
      throw error;
    }
  });
  return { ...record, folder };
}

/** All runs, newest first. */
export function listRuns(runsFolder: string): readonly ListedRun[] {
  const runs = runNames(runsFolder).map((id): ListedRun => {
    const folder = path.join(runsFolder, id);
    try {
      return { id, folder, record: readRun(containedFolder(runsFolder, id)) };
    } catch (error) {
      return { id, folder, problem: error instanceof Error ? error.message : String(error) };
    }
  });
  const created = (run: ListedRun): string => run.record?.createdAt ?? '';
  return runs.sort((a, b) => created(b).localeCompare(created(a)) || b.id.localeCompare(a.id));
}

/**
 * The folder of the run that a user names by id, unique beginning of an id, or `latest`. Throws `run/invalid-id` for paths and the like and
 * `run/not-found` where none or several match.
 */
export function findRun(runsFolder: string, reference: string): string {
  checkRunReference(reference);
  if (reference === 'latest') {
    const newest = listRuns(runsFolder).find((run) => run.record !== undefined);
    if (newest !== undefined) return containedFolder(runsFolder, newest.id);
    throw new RlvrError('run/not-found', `There are no runs in ${runsFolder}.`, { reference, runsFolder });
  }
  const names = runNames(runsFolder);
  const matching = names.includes(reference) ? [reference] : names.filter((name) => name.startsWith(reference));
  const [only] = matching;
  if (only !== undefined && matching.length === 1) return containedFolder(runsFolder, only);
  const message =
    matching.length === 0
      ? `There is no run "${reference}" in ${runsFolder}.`
      : `"${reference}" is the beginning of ${matching.length} runs: ${matching.slice(-5).join(', ')}.`;
  throw new RlvrError('run/not-found', message, { reference, runsFolder, matching });
}

function runNames(runsFolder: string): readonly string[] {
  try {
    return readdirSync(runsFolder).filter(
      (name) => isRunId(name) && existsSync(runFile(path.join(runsFolder, name), 'record')),
    );
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return [];
    throw error;
  }
}

/** The real path of a run; one that a link leads out of the runs' folder is refused. */
function containedFolder(runsFolder: string, id: string): string {
  const root = realpathSync(runsFolder);
  const folder = realpathSync(path.join(runsFolder, id));
  if (path.dirname(folder) === root) return folder;
  throw new RlvrError('run/invalid-id', `Run ${id} is a link that leads out of ${runsFolder} (to ${folder}).`, {
    id,
    folder,
  });
}

function makeRunsFolder(runsFolder: string): void {
  writing(runsFolder, () => {
    const isOwnFolder = path.basename(path.dirname(runsFolder)) === '.rlvr';
    const isNew = !existsSync(path.dirname(runsFolder));
    mkdirSync(runsFolder, { recursive: true });
    // Runs are results of a machine, not sources: they stay out of the user's repository unless this file is removed.
    if (isOwnFolder && isNew) writeFileSync(path.join(path.dirname(runsFolder), '.gitignore'), '*\n');
  });
}
