import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RlvrError } from '../../core/errors.ts';
import { lockHolder } from '../../core/runs/lock.ts';
import { observeRun } from '../../core/runs/runJson.ts';
import { findRun } from '../../core/runs/runStore.ts';
import { killRun, requestStop } from '../../core/runs/stopRequest.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { writeJson, writeLine } from '../terminal.ts';

/** Options of `rlvr stop`. */
export interface StopOptions {
  /** Whether to end the process when it has not ended in time. */
  readonly force?: boolean;
  /** Seconds to wait. */
  readonly timeout: number;
}

const pollMilliseconds = 50;

/** `rlvr stop RUN`: asks a run to end after the step in progress and to save, and waits for it. */
export async function stopCommand(context: CommandContext, reference: string, options: StopOptions): Promise<number> {
  const { terminal, json } = context;
  const folder = findRun(context.runsFolder, reference);
  const id = path.basename(folder);
  const { status } = observeRun(folder);
  if (lockHolder(folder) === undefined) {
    throw new RlvrError('run/not-running', `Run ${id} is not running: it is ${status}.`, { run: id, status });
  }
  requestStop(folder);
  if (!json) writeLine(terminal, `Asked run ${id} to stop after the step in progress.`);
  let hasEnded = await waitForEnd(folder, options.timeout);
  if (!hasEnded && options.force === true) {
    killRun(folder);
    hasEnded = await waitForEnd(folder, options.timeout);
  }
  const after = observeRun(folder);
  if (json) {
    writeJson(terminal, { id, status: after.status, steps: after.record.steps });
  } else if (hasEnded) {
    writeLine(
      terminal,
      `Run ${id} is ${after.status} after ${after.record.steps} steps. \`rlvr resume ${id}\` goes on with it.`,
    );
  } else {
    const hint = 'It stops by itself when the step in progress ends; `rlvr stop --force` ends it at once.';
    writeLine(terminal, `Run ${id} still works after ${options.timeout} s. ${hint}`);
  }
  return hasEnded ? exitCodes.success : exitCodes.failure;
}

async function waitForEnd(folder: string, seconds: number): Promise<boolean> {
  const end = Date.now() + 1000 * seconds;
  for (;;) {
    if (lockHolder(folder) === undefined) return true;
    if (Date.now() >= end) return false;
    await delay(pollMilliseconds);
  }
}
