import { existsSync, rmSync, unwatchFile, watchFile, writeFileSync } from 'node:fs';
import os from 'node:os';
import { RlvrError } from '../errors.ts';
import { lockHolder } from './lock.ts';
import type { LockHolder } from './lock.ts';
import { runFile } from './runFiles.ts';
import { writing } from './writing.ts';

const pollMilliseconds = 500;

/**
 * Asks the process that works on a run to stop: the step in progress ends, a checkpoint is written. By SIGTERM, and by
 * a file where that signal would kill (Windows) or cannot reach (another host). Throws `run/not-running`,
 * `run/unwritable`.
 */
export function requestStop(runFolder: string): void {
  const holder = runningHolder(runFolder);
  if (holder.host === os.hostname() && process.platform !== 'win32') {
    process.kill(holder.pid, 'SIGTERM');
    return;
  }
  const file = runFile(runFolder, 'stopRequest');
  writing(file, () => {
    writeFileSync(file, '');
  });
}

/**
 * Ends the process that works on a run at once; the run can be resumed from its newest checkpoint. Throws
 * `run/not-running`, `run/locked`.
 */
export function killRun(runFolder: string): void {
  const holder = runningHolder(runFolder);
  if (holder.host !== os.hostname()) {
    throw new RlvrError('run/locked', `Process ${holder.pid} runs on ${holder.host} and cannot be ended from here.`, {
      ...holder,
    });
  }
  process.kill(holder.pid, 'SIGKILL');
}

/** Calls `onDidRequestStop` once when the run's process is asked to stop, by a signal or by the file. Call the result to end it. */
export function watchStopRequests(runFolder: string, onDidRequestStop: () => void): () => void {
  const file = runFile(runFolder, 'stopRequest');
  rmSync(file, { force: true });
  const end = (): void => {
    process.off('SIGTERM', stop);
    process.off('SIGINT', stop);
    unwatchFile(file, look);
    rmSync(file, { force: true });
  };
  const stop = (): void => {
    onDidRequestStop();
  };
  const look = (): void => {
    if (existsSync(file)) stop();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  watchFile(file, { persistent: false, interval: pollMilliseconds }, look);
  return end;
}

function runningHolder(runFolder: string): LockHolder {
  const holder = lockHolder(runFolder);
  if (holder !== undefined) return holder;
  throw new RlvrError('run/not-running', 'No process is working on this run.', { runFolder });
}
