import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { RlvrError } from '../../core/errors.ts';
import { lockHolder } from '../../core/runs/lock.ts';
import { isFinal, observeRun } from '../../core/runs/runJson.ts';
import type { ObservedRun } from '../../core/runs/runJson.ts';
import { createRun, listRuns } from '../../core/runs/runStore.ts';
import { killRun, requestStop } from '../../core/runs/stopRequest.ts';
import type { PlannedTrial } from '../../core/study/trialPlan.ts';
import { queueAgain } from '../queueAgain.ts';
import { startWorker } from '../startWorker.ts';
import type { StartedWorker } from '../startWorker.ts';
import type { LoadedStudy } from './loadStudy.ts';

/** A trial that is being run. */
export interface RunningTrial {
  readonly trial: PlannedTrial;
  readonly folder: string;
  /** When it was started from here, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Whether its process was started by somebody else, and is only watched. */
  readonly isAdopted: boolean;
  /** Settles when its process has ended, however it did. */
  readonly ended: Promise<void>;
  /** Asks it to stop; with `atOnce` its process is ended. */
  stop(atOnce: boolean): void;
}

/** Runs of trials, by the trial's id. */
export interface TrialRuns {
  /** The newest run of a trial, as it is now. */
  find(id: string): (ObservedRun & { readonly folder: string }) | undefined;
  /** Starts a trial, or goes on with a run of it that has not ended; one that has ended, well or not, is begun anew. */
  start(trial: PlannedTrial): Promise<RunningTrial>;
}

const pollMilliseconds = 250;
/** The longest that a process takes from its start to its run's lock, with much to spare. */
const startMilliseconds = 10_000;
const longestName = 64;

/** The runs of a study's trials in a folder of runs: those that there are, and those that are made. */
export function openTrialRuns(runsFolder: string, { definition, source }: LoadedStudy): TrialRuns {
  const folders = new Map<string, string>();
  // Newest first: the first one of a trial counts.
  for (const { record, folder } of listRuns(runsFolder)) {
    const id = record?.trial?.id;
    if (id !== undefined && !folders.has(id)) folders.set(id, folder);
  }
  const find: TrialRuns['find'] = (id) => {
    const folder = folders.get(id);
    return folder === undefined ? undefined : { ...observeRun(folder), folder };
  };
  const create = ({ id, experiment, uses }: PlannedTrial): string => {
    const name = `${definition.name}-${experiment.name}`.slice(0, longestName);
    const [use] = uses;
    const where = use === undefined ? '' : `${use.part}: ${use.method} on ${use.setting.model}, ${use.setting.task}`;
    const { folder } = createRun(runsFolder, {
      experiment: { ...experiment, name, description: where },
      source,
      trial: { study: definition.name, id },
    });
    folders.set(id, folder);
    return folder;
  };
  const start: TrialRuns['start'] = async (trial) => {
    const startedAt = Date.now();
    const known = find(trial.id);
    if (known !== undefined && !isFinal(known.status) && !isLeft(known)) return adopt(trial, known.folder, startedAt);
    const isOver = known === undefined || known.status === 'finished' || known.status === 'failed';
    const folder = isOver ? create(trial) : known.folder;
    if (!isOver) await queueAgain(folder);
    return watch(trial, folder, startedAt, startWorker(folder, { isAttached: true }));
  };
  return { find, start };
}

/** Whether a run that a process was asked for has none: its process would have begun by now. */
function isLeft({ folder, status, record }: ObservedRun & { readonly folder: string }): boolean {
  const hasWaited = Date.now() - Date.parse(record.queuedAt) > startMilliseconds;
  return status === 'queued' && hasWaited && lockHolder(folder) === undefined;
}

/** A trial whose process was started here. */
function watch(trial: PlannedTrial, folder: string, startedAt: number, { child }: StartedWorker): RunningTrial {
  const ended = (async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  })();
  const stop = (atOnce: boolean): void => {
    child.kill(atOnce ? 'SIGKILL' : 'SIGTERM');
  };
  return { trial, folder, startedAt, isAdopted: false, ended, stop };
}

/** A trial on which another process works already, as where an earlier study was killed a moment ago. */
function adopt(trial: PlannedTrial, folder: string, startedAt: number): RunningTrial {
  const ended = (async (): Promise<void> => {
    for (;;) {
      const observed = { ...observeRun(folder), folder };
      if (isFinal(observed.status) || isLeft(observed)) return;
      await delay(pollMilliseconds);
    }
  })();
  const stop = (atOnce: boolean): void => {
    try {
      if (atOnce) killRun(folder);
      else requestStop(folder);
    } catch (error) {
      // It has just ended.
      if (!(error instanceof RlvrError) || error.code !== 'run/not-running') throw error;
    }
  };
  return { trial, folder, startedAt, isAdopted: true, ended, stop };
}
