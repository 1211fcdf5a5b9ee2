import path from 'node:path';
import type { CommandContext } from './command.ts';
import { renderSummary } from './display/summary.ts';
import type { RunView } from './display/runView.ts';
import { exitCodeOf, exitCodes } from './exitCodes.ts';
import { formatError } from './reportError.ts';
import { followRun } from './followRun.ts';
import type { FollowOutcome } from './followRun.ts';
import type { StartedWorker } from './startWorker.ts';
import { writeJson, writeLine } from './terminal.ts';

/** How a run is watched. */
export interface WatchOptions {
  /** The run's process, where it was started from here. */
  readonly worker?: StartedWorker;
  /** Whether to leave at once. */
  readonly detach?: boolean | undefined;
}

/**
 * Shows a run until it ends or the user leaves it, then how it ended. Returns the exit code: 0 finished or left
 * running, 130 stopped, else what went wrong.
 */
export async function watchToEnd(context: CommandContext, folder: string, options: WatchOptions): Promise<number> {
  const { terminal, json } = context;
  const id = path.basename(folder);
  if (options.detach === true) {
    if (json) writeJson(terminal, { id, folder }, { compact: true });
    else tellDetached(context, id);
    return exitCodes.success;
  }
  const outcome = await followRun(context, folder, options.worker);
  if (outcome.isDetached) {
    tellDetached(context, id);
    return exitCodes.success;
  }
  if (!json) {
    const { error } = outcome.view.record;
    if (outcome.view.status === 'failed' && error !== undefined) {
      terminal.err.write(`${formatError(terminal, error.code, error.message)}\n`);
    }
    for (const line of renderSummary(outcome.view, context.cwd, terminal)) writeLine(terminal, line);
    const reason = deathReason(outcome, options.worker);
    if (reason !== undefined) terminal.err.write(`${reason}\n`);
  }
  return exitCodeOfRun(outcome);
}

function tellDetached({ terminal }: CommandContext, id: string): void {
  writeLine(terminal, `Run ${id} goes on in the background.`);
  writeLine(terminal, `\`rlvr attach ${id}\` shows it again, \`rlvr stop ${id}\` ends it.`);
}

function exitCodeOfRun({ view: { status, record }, isKilled }: FollowOutcome): number {
  if (status === 'finished') return exitCodes.success;
  if (status === 'stopped' || isKilled) return exitCodes.interrupted;
  return status === 'failed' && record.error !== undefined && record.error.code !== 'internal'
    ? exitCodeOf(record.error.code)
    : exitCodes.failure;
}

/** Why a process ended that could not say so itself, as far as can be known. */
function deathReason({ view, isKilled }: FollowOutcome, worker: StartedWorker | undefined): string | undefined {
  if (view.status !== 'interrupted' || isKilled) return undefined;
  const { signalCode, exitCode } = worker?.child ?? {};
  const log = worker?.logTail() ?? '';
  return [
    `The training process ended without a word${describeEnd(signalCode, exitCode)}.`,
    ...(log === '' ? [] : ['The last lines of its log:', log]),
    `Its log: ${logFile(view)}`,
  ].join('\n');
}

function describeEnd(signal: string | null | undefined, code: number | null | undefined): string {
  if (signal === 'SIGKILL') return ': it was killed from outside (SIGKILL), as systems do when memory runs out';
  if (signal !== null && signal !== undefined) return `: it was ended by ${signal}`;
  return code === null || code === undefined ? '' : ` (exit code ${code})`;
}

function logFile({ folder }: RunView): string {
  return path.join(folder, 'worker.log');
}
