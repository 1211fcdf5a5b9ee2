import { writeSync } from 'node:fs';

/** What a process that runs plugins is about to do, and how long that may take. */
export interface WatchedTask {
  /** As a sentence begins: "Loading the plugin mine.ts". */
  readonly task: string;
  readonly seconds: number;
}

/** Set in a process that runs plugins for another one: a pipe to that one, on which it tells what it is doing. */
export const watchVariable = 'RLVR_WATCHED';
const descriptor = 3;

/** Whether this process was started to run plugins for another one. */
export function isWatched(): boolean {
  return process.env[watchVariable] !== undefined;
}

/**
 * Tells the process that watches this one what comes next; undefined: nothing that could hang. Written at once, because the
 * code of a plugin may never give the process back.
 */
export function tellWatcher(task: WatchedTask | undefined): void {
  if (!isWatched()) return;
  try {
    writeSync(descriptor, `${JSON.stringify(task ?? {})}\n`);
  } catch {
    // Who watched is gone; the work goes on.
  }
}

/** Does something that may hang, while the watcher knows of it. */
export async function watched<Result>(task: WatchedTask, run: () => Promise<Result>): Promise<Result> {
  tellWatcher(task);
  try {
    return await run();
  } finally {
    tellWatcher(undefined);
  }
}
