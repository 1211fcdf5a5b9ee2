import { z } from 'zod';
import { RlvrError } from '../errors.ts';
import { writeFileAtomically } from '../model/atomicFile.ts';
import { readJsonFile } from './jsonFile.ts';
import { lockHolder } from './lock.ts';
import { runFile } from './runFiles.ts';
import { runRecordSchema } from './runRecord.ts';
import type { RunRecord, RunStatus } from './runRecord.ts';
import { errnoOf, writing } from './writing.ts';

/** How long a run may stay queued before its process is taken for dead. */
const queuedMilliseconds = 60_000;

/** Reads a run's `run.json`. Throws `run/not-found` where there is none and `run/corrupt` for one that cannot be understood. */
export function readRun(runFolder: string): RunRecord {
  const file = runFile(runFolder, 'record');
  let value: unknown;
  try {
    value = readJsonFile(file);
  } catch (error) {
    if (error instanceof RlvrError) throw error;
    if (errnoOf(error) === 'ENOENT')
      throw new RlvrError('run/not-found', `${runFolder} holds no run.json.`, { runFolder });
    throw new RlvrError('run/corrupt', `${file} cannot be read: ${String(error)}`, { file }, { cause: error });
  }
  const parsed = runRecordSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RlvrError('run/corrupt', `${file} is not a run record of this version: ${z.prettifyError(parsed.error)}`, {
    file,
  });
}

/** Replaces a run's `run.json`, atomically and durably. Throws `run/unwritable`. */
export function saveRun(runFolder: string, record: RunRecord): void {
  const file = runFile(runFolder, 'record');
  writing(file, () => {
    writeFileAtomically(file, [Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`)]);
  });
}

/**
 * Changes some keys of a run's `run.json`; the other keys stay. Only the process that holds the run's lock may call it.
 * Reading and writing are one step for this process (nothing of it runs in between). Returns the new record. Throws
 * `run/unwritable`, `run/corrupt`.
 */
export function updateRun(runFolder: string, change: Partial<RunRecord>): RunRecord {
  const record: RunRecord = { ...readRun(runFolder), ...change };
  saveRun(runFolder, record);
  return record;
}

/** A run as it is now. */
export interface ObservedRun {
  readonly record: RunRecord;
  /** `interrupted` where `run.json` says queued or running and no process works on the run. */
  readonly status: RunStatus;
}

/** Reads a run and looks whether its process lives. Throws what `readRun` throws. */
export function observeRun(runFolder: string, now = Date.now()): ObservedRun {
  const record = readRun(runFolder);
  if (isWorkedOn(runFolder, record, now)) return { record, status: record.status };
  // A process writes how it ended before it lets go of the run: only what is read after that counts.
  const last = readRun(runFolder);
  return { record: last, status: isFinal(last.status) ? last.status : 'interrupted' };
}

/** Whether nothing more happens to a run of this status by itself. */
export function isFinal(status: RunStatus): boolean {
  return status !== 'queued' && status !== 'running';
}

function isWorkedOn(runFolder: string, record: RunRecord, now: number): boolean {
  if (isFinal(record.status)) return true;
  const isExpected = record.status === 'queued' && now - Date.parse(record.queuedAt) < queuedMilliseconds;
  return isExpected || lockHolder(runFolder) !== undefined;
}
