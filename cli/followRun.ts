import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, RlvrError } from '../core/errors.ts';
import { lockHolder } from '../core/runs/lock.ts';
import type { MetricsLine } from '../core/runs/metrics.ts';
import { openMetricsTail } from '../core/runs/metricsTail.ts';
import { readProgress } from '../core/runs/progressFile.ts';
import { isFinal, observeRun } from '../core/runs/runJson.ts';
import { killRun, requestStop } from '../core/runs/stopRequest.ts';
import type { CommandContext } from './command.ts';
import { canReadKeys, listenToControls } from './controls.ts';
import { createJsonRenderer, createLiveRenderer, createPlainRenderer } from './display/runRenderer.ts';
import type { RunRenderer } from './display/runRenderer.ts';
import type { RunView } from './display/runView.ts';
import { exitCodes } from './exitCodes.ts';
import type { StartedWorker } from './startWorker.ts';
import type { Terminal } from './terminal.ts';

/** Why a run is no longer watched. */
export interface FollowOutcome {
  /** The run as it was at the last look. */
  readonly view: RunView;
  /** Whether the user left it running. */
  readonly isDetached: boolean;
  /** Whether its process died because the user wanted it so. */
  readonly isKilled: boolean;
}

/**
 * Shows a run until it ends or the user leaves it. Ctrl-C asks it to stop, a second one ends it at once. `worker` is
 * its process, where that was started from here. Throws `run/locked` and `run/unwritable` where that process could not
 * begin.
 */
export async function followRun(
  context: CommandContext,
  folder: string,
  worker?: StartedWorker,
): Promise<FollowOutcome> {
  const { terminal, json } = context;
  const renderer = chooseRenderer(context);
  const look = createObserver(folder, worker);
  const user = { interrupts: 0, isDetached: false };
  let wake = new AbortController();
  const endControls = listenToControls(terminal, {
    onDidInterrupt: () => {
      user.interrupts += 1;
      tellWorker(terminal, folder, worker, user.interrupts);
      if (user.interrupts === 1 && !terminal.isLive && !json) {
        terminal.err.write('Stopping after this step and saving. Ctrl-C again: end it at once\n');
      }
      wake.abort();
    },
    onDidDetach: () => {
      user.isDetached = true;
      wake.abort();
    },
  });
  try {
    for (;;) {
      wake = new AbortController();
      const view = { ...look(), isStopping: user.interrupts > 0 };
      renderer.update(view);
      const { isDetached, interrupts } = user;
      if (isFinal(view.status) || isDetached) {
        return { view, isDetached, isKilled: interrupts > 0 && view.status === 'interrupted' };
      }
      await delay(renderer.interval, undefined, { signal: wake.signal }).catch(() => undefined);
    }
  } finally {
    renderer.end();
    endControls();
  }
}

function chooseRenderer({ terminal, json }: CommandContext): RunRenderer {
  if (json) return createJsonRenderer(terminal);
  return terminal.isLive ? createLiveRenderer(terminal, canReadKeys(terminal)) : createPlainRenderer(terminal);
}

/**
 * Returns a function that reads the run as it is now; each call reads only what is new of the metrics. A process that
 * was started from here tells by its end alone that no more comes: it lets go of the run a little before.
 */
function createObserver(folder: string, worker: StartedWorker | undefined): () => Omit<RunView, 'isStopping'> {
  const tail = openMetricsTail(folder);
  let lines: readonly MetricsLine[] = [];
  return () => {
    const hasEnded = worker !== undefined && (worker.child.exitCode !== null || worker.child.signalCode !== null);
    const { record, status } = observeRun(folder);
    const change = tail.read();
    if (change.reset) lines = change.lines;
    else if (change.lines.length > 0) lines = [...lines, ...change.lines];
    if (hasEnded) throwIfRefused(folder, worker);
    return {
      record,
      status: worker === undefined || isFinal(record.status) ? status : hasEnded ? 'interrupted' : record.status,
      folder,
      lines,
      progress: readProgress(folder),
      now: Date.now(),
    };
  };
}

function tellWorker(terminal: Terminal, folder: string, worker: StartedWorker | undefined, interrupts: number): void {
  try {
    if (interrupts === 1) requestStop(folder);
    else killRun(folder);
  } catch (error) {
    // Where no process has the run, it has not begun yet or has just ended.
    if (error instanceof RlvrError && error.code === 'run/not-running') {
      worker?.child.kill(interrupts === 1 ? 'SIGTERM' : 'SIGKILL');
    } else {
      terminal.err.write(`${messageOf(error)}\n`);
    }
  }
}

function throwIfRefused(folder: string, { child, logTail }: StartedWorker): void {
  const [last = ''] = logTail().split('\n').slice(-1);
  if (child.exitCode === exitCodes.locked) {
    const holder = lockHolder(folder);
    throw new RlvrError('run/locked', last, { pid: holder?.pid, host: holder?.host });
  }
  if (child.exitCode !== exitCodes.unwritable) return;
  const message = last === '' ? `The training process cannot write into ${folder}. Is the disk full?` : last;
  throw new RlvrError('run/unwritable', message, { runFolder: folder });
}
