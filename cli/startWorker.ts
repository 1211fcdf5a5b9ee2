import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import { runFile } from '../core/runs/runFiles.ts';
import { writing } from '../core/runs/writing.ts';
import { workerFile } from './installation.ts';

const linesShown = 8;

/** Tells a worker to stop once its standard input has ended. */
export const attachedFlag = '--attached';

/** A worker that was started from here. */
export interface StartedWorker {
  readonly child: ChildProcess;
  /** The last lines of what it has written to the run's log since it started. */
  logTail(): string;
}

/** How a worker is started. */
export interface WorkerOptions {
  /** Whether it stops, as when asked to, once this process has ended; else it goes on. */
  readonly isAttached?: boolean;
}

/** Starts the process that works on a run. Throws `run/unwritable`. */
export function startWorker(runFolder: string, { isAttached = false }: WorkerOptions = {}): StartedWorker {
  const log = runFile(runFolder, 'workerLog');
  const descriptor = writing(log, () => openSync(log, 'a'));
  try {
    // The file has a block of the disk from now on: also on a full disk there is room to say so.
    writing(log, () => writeSync(descriptor, `${new Date().toISOString()} the run's process starts\n`));
    const { size } = fstatSync(descriptor);
    // An attached worker learns from the end of its standard input that this process has ended, however it did.
    const child = spawn(process.execPath, [workerFile(), runFolder, ...(isAttached ? [attachedFlag] : [])], {
      detached: true,
      stdio: [isAttached ? 'pipe' : 'ignore', descriptor, descriptor],
      windowsHide: true,
    });
    if (!isAttached) child.unref();
    const written = (): string => readFileSync(log).subarray(size).toString('utf8');
    return { child, logTail: () => written().trimEnd().split('\n').slice(-linesShown).join('\n') };
  } finally {
    closeSync(descriptor);
  }
}
