import { statSync } from 'node:fs';
import type { EngineOutcome } from '../core/contracts/engine.ts';
import type { PluginSet } from '../core/contracts/pluginCatalog.ts';
import { createContainer, pluginOf } from '../core/container.ts';
import { messageOf, RlvrError } from '../core/errors.ts';
import { pluginKeys } from '../core/experiment/pluginChoices.ts';
import { newestCheckpoint } from '../core/runs/checkpointFolder.ts';
import { acquireLock } from '../core/runs/lock.ts';
import type { RunLock } from '../core/runs/lock.ts';
import { runFile } from '../core/runs/runFiles.ts';
import { readRun, updateRun } from '../core/runs/runJson.ts';
import type { RunRecord } from '../core/runs/runRecord.ts';
import { watchStopRequests } from '../core/runs/stopRequest.ts';
import { exitCodeOf, exitCodes } from './exitCodes.ts';
import { createProgressReporter } from './progressReporter.ts';

/** Gives the plugins that a run may name. */
export type PluginLoader = (record: RunRecord) => Promise<PluginSet>;

/**
 * Works on a run until it ends, in this process: takes its lock, hands it to the engine that it names, and writes to `run.json`
 * how it ended. Returns the exit code: 0 finished, 130 stopped, else what went wrong. What cannot be written to the run's folder
 * goes to standard error.
 */
export async function runWorker(runFolder: string, loadPlugins: PluginLoader): Promise<number> {
  // The log may lie on a disk that is full. What cannot be told must not end the process before it has done what it can.
  process.stderr.on('error', () => undefined);
  let lock: RunLock;
  try {
    lock = await acquireLock(runFolder);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return error instanceof RlvrError && error.code === 'run/locked' ? exitCodes.locked : exitCodes.unwritable;
  }
  const stop = new AbortController();
  const endWatch = watchStopRequests(runFolder, () => {
    stop.abort();
  });
  try {
    const outcome = await work(runFolder, loadPlugins, stop.signal);
    recordEnd(runFolder, { status: outcome });
    return outcome === 'finished' ? exitCodes.success : exitCodes.interrupted;
  } catch (error) {
    return recordFailure(runFolder, error);
  } finally {
    endWatch();
    lock.release();
  }
}

async function work(runFolder: string, loadPlugins: PluginLoader, signal: AbortSignal): Promise<EngineOutcome> {
  const record = readRun(runFolder);
  const begun = { startedAt: new Date().toISOString(), fromStep: newestCheckpoint(runFolder)?.step ?? 0 };
  updateRun(runFolder, {
    status: 'running',
    error: undefined,
    attempts: [...endedAttempts(record, runFolder), begun],
  });
  const { engine: choice } = record.experiment;
  const engine = pluginOf(createContainer(await loadPlugins(record)), 'engine', choice.type);
  const reporter = createProgressReporter(runFolder);
  try {
    return await engine.run(engine.config.parse(pluginKeys('engine', choice)), {
      runFolder,
      signal,
      onDidReport: (event) => {
        reporter.report(event);
      },
    });
  } finally {
    reporter.flush();
  }
}

function recordEnd(runFolder: string, change: Partial<RunRecord>): void {
  const { attempts } = readRun(runFolder);
  const endedAt = new Date().toISOString();
  const isOpen = (attempt: RunRecord['attempts'][number]): boolean => attempt.endedAt === undefined;
  updateRun(runFolder, {
    ...change,
    attempts: attempts.map((attempt) => (isOpen(attempt) ? { ...attempt, endedAt } : attempt)),
  });
}

function recordFailure(runFolder: string, error: unknown): number {
  const { code, fields } = error instanceof RlvrError ? error : { code: 'internal', fields: {} };
  const stack = error instanceof Error && code === 'internal' ? error.stack : undefined;
  process.stderr.write(`${stack ?? messageOf(error)}\n`);
  try {
    recordEnd(runFolder, { status: 'failed', error: { code, message: messageOf(error), fields } });
  } catch (writeError) {
    process.stderr.write(`${messageOf(writeError)}\n`);
    return exitCodes.unwritable;
  }
  return code === 'internal' ? exitCodes.failure : exitCodeOf(code);
}

/** Attempts of before; one that died ends with the last sign of life that it gave. */
function endedAttempts(record: RunRecord, runFolder: string): RunRecord['attempts'] {
  return record.attempts.map((attempt) => {
    const { startedAt, endedAt = lastSignOfLife(runFolder, startedAt) } = attempt;
    return { ...attempt, endedAt };
  });
}

function lastSignOfLife(runFolder: string, startedAt: string): string {
  const moments = (['progress', 'metrics'] as const).flatMap((name) => {
    const stats = statSync(runFile(runFolder, name), { throwIfNoEntry: false });
    return stats === undefined ? [] : [stats.mtimeMs];
  });
  return new Date(Math.max(Date.parse(startedAt), ...moments)).toISOString();
}
