import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { syncFolder, writeDurably } from '../model/atomicFile.ts';
import { appendedLengths, isAppendedFile } from './appendedLengths.ts';
import { syncCompletions } from './completions.ts';
import { readJsonFile } from './jsonFile.ts';
import { runFile } from './runFiles.ts';
import { checkpointFormatSchema } from './runRecord.ts';
import type { CheckpointFormat, RunRecord } from './runRecord.ts';
import { syncFile } from './syncFile.ts';
import { asUnwritable } from './writing.ts';

const sealName = 'checkpoint.json';
const temporaryPrefix = '.unfinished-';
const replacedPrefix = 'replaced-';
const finishedName = /^(?:replaced-)?step-(\d{1,9})$/;

const sealSchema = z.object({
  step: z.int().min(0),
  format: checkpointFormatSchema,
  appendedLengths: z.record(z.string().refine(isAppendedFile), z.int().min(0)),
  files: z.record(z.string(), z.int().min(0)),
});

/** A complete checkpoint. */
export interface Checkpoint {
  /** Optimizer steps done. */
  readonly step: number;
  readonly folder: string;
  readonly format: CheckpointFormat;
  /** Bytes of each of the run's appended files when it was made, by file name. */
  readonly appendedLengths: Readonly<Record<string, number>>;
}

/** How many checkpoints stay. */
export interface CheckpointOptions {
  /** Newest ones to keep, the new one included; all when left out. */
  readonly keep?: number;
  /** The step of one that stays however old it is. */
  readonly spare?: number | undefined;
}

/**
 * Writes `checkpoints/step-N`. `write` fills the folder that it is given, whose name is temporary, and says in which
 * format; then the folder is sealed with the sizes of its files and of the run's appended files, made durable, and
 * renamed: a checkpoint is there whole or not at all. The caller has appended everything up to this step before. Throws
 * `run/unwritable`, and then the earlier checkpoints are as they were.
 */
export async function writeCheckpoint(
  runFolder: string,
  step: number,
  write: (folder: string) => Promise<CheckpointFormat>,
  { keep, spare }: CheckpointOptions = {},
): Promise<Checkpoint> {
  const parent = runFile(runFolder, 'checkpoints');
  const folder = path.join(parent, `step-${step}`);
  const unfinished = path.join(parent, `${temporaryPrefix}step-${step}`);
  try {
    removeUnfinished(runFolder);
    mkdirSync(unfinished, { recursive: true });
    const format = await write(unfinished);
    const lengths = appendedLengths(runFolder);
    for (const name of Object.keys(lengths)) syncFile(path.join(runFolder, name));
    syncCompletions(runFolder, newestCheckpoint(runFolder)?.step ?? 0);
    seal(unfinished, { step, format, appendedLengths: lengths, files: fileSizes(unfinished) });
    if (existsSync(folder)) renameSync(folder, path.join(parent, `${replacedPrefix}step-${step}`));
    renameSync(unfinished, folder);
    syncFolder(parent);
    if (keep !== undefined) keepNewestCheckpoints(runFolder, keep, spare);
    removeUnfinished(runFolder);
    return { step, folder, format, appendedLengths: lengths };
  } catch (error) {
    if (existsSync(unfinished)) rmSync(unfinished, { recursive: true, force: true });
    throw asUnwritable(error, folder);
  }
}

/** The complete checkpoints of a run, oldest first. Folders that are not as they were sealed do not count. */
export function listCheckpoints(runFolder: string): readonly Checkpoint[] {
  const parent = runFile(runFolder, 'checkpoints');
  const complete = new Map<number, Checkpoint>();
  // `replaced-` sorts before `step-`: what was being replaced counts only where its successor is not complete.
  for (const name of checkpointNames(parent)) {
    const checkpoint = readCheckpoint(path.join(parent, name));
    if (checkpoint !== undefined) complete.set(checkpoint.step, checkpoint);
  }
  return [...complete.values()].sort((a, b) => a.step - b.step);
}

/** The newest complete checkpoint of a run, if it has one. */
export function newestCheckpoint(runFolder: string): Checkpoint | undefined {
  return listCheckpoints(runFolder).at(-1);
}

/** The complete checkpoints of a run as `run.json` lists them: their folders alone say which there are. */
export function checkpointEntries(runFolder: string): RunRecord['checkpoints'] {
  return listCheckpoints(runFolder).map(({ step, format }) => ({ step, format }));
}

/** Removes all checkpoints but the newest `count`, and that of the step `spare`. */
export function keepNewestCheckpoints(runFolder: string, count: number, spare?: number): void {
  const older = listCheckpoints(runFolder).slice(0, -count);
  for (const { folder } of older.filter(({ step }) => step !== spare))
    removeCheckpoint(path.dirname(folder), path.basename(folder));
}

/** Removes checkpoints of later steps than `step` and everything that is not complete. */
export function forgetCheckpointsAfter(runFolder: string, step: number): void {
  const parent = runFile(runFolder, 'checkpoints');
  const kept = new Set(
    listCheckpoints(runFolder).flatMap((checkpoint) => (checkpoint.step <= step ? [checkpoint.folder] : [])),
  );
  for (const name of checkpointNames(parent)) {
    if (!kept.has(path.join(parent, name))) removeCheckpoint(parent, name);
  }
  removeUnfinished(runFolder);
}

function seal(folder: string, content: z.input<typeof sealSchema>): void {
  writeDurably(path.join(folder, sealName), [Buffer.from(`${JSON.stringify(content, undefined, 2)}\n`)]);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const target = path.join(entry.parentPath, entry.name);
    if (entry.isFile()) syncFile(target);
    else if (entry.isDirectory()) syncFolder(target);
  }
  syncFolder(folder);
}

function readCheckpoint(folder: string): Checkpoint | undefined {
  try {
    const {
      step,
      format,
      appendedLengths: lengths,
      files,
    } = sealSchema.parse(readJsonFile(path.join(folder, sealName)));
    const sizes = fileSizes(folder);
    const isWhole = Object.entries(files).every(([name, size]) => sizes[name] === size);
    const isItself = Number(finishedName.exec(path.basename(folder))?.[1]) === step;
    return isWhole && isItself ? { step, folder, format, appendedLengths: lengths } : undefined;
  } catch {
    return undefined;
  }
}

/** Sizes of all files below a folder by their path in it, with `/` on every system; the seal itself left out. */
function fileSizes(folder: string): Readonly<Record<string, number>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const sizes = files.map((entry): [string, number] => {
    const target = path.join(entry.parentPath, entry.name);
    return [path.relative(folder, target).split(path.sep).join('/'), statSync(target).size];
  });
  return Object.fromEntries(sizes.filter(([name]) => name !== sealName).sort(([a], [b]) => a.localeCompare(b)));
}

function checkpointNames(parent: string): readonly string[] {
  return existsSync(parent)
    ? readdirSync(parent)
        .filter((name) => finishedName.test(name))
        .sort()
    : [];
}

/** Renames first, so that no half-removed checkpoint stands under a checkpoint's name. */
function removeCheckpoint(parent: string, name: string): void {
  const removed = path.join(parent, `${temporaryPrefix}removed-${name}`);
  rmSync(removed, { recursive: true, force: true });
  renameSync(path.join(parent, name), removed);
  rmSync(removed, { recursive: true, force: true });
}

function removeUnfinished(runFolder: string): void {
  const parent = runFile(runFolder, 'checkpoints');
  if (!existsSync(parent)) return;
  const complete = new Set(listCheckpoints(runFolder).map((checkpoint) => path.basename(checkpoint.folder)));
  for (const name of readdirSync(parent)) {
    const isSuperseded = name.startsWith(replacedPrefix) && !complete.has(name);
    if (name.startsWith(temporaryPrefix) || isSuperseded)
      rmSync(path.join(parent, name), { recursive: true, force: true });
  }
}
