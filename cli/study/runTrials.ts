import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isFinal, observeRun } from '../../core/runs/runJson.ts';
import type { PlannedTrial } from '../../core/study/trialPlan.ts';
import type { TrialResult } from '../../core/study/trialResult.ts';
import { estimatedBytes } from './capacity.ts';
import type { Capacity } from './capacity.ts';
import type { LoadedStudy } from './loadStudy.ts';
import type { StudyRenderer } from './studyRenderer.ts';
import type { StudySession } from './studySession.ts';
import type { RunningTrial, TrialRuns } from './trialRuns.ts';

/** How often a trial whose process ends without a word, as one that ran out of memory, is started again. */
const mostDeaths = 2;
const deadMessage = 'its process ended without a word several times, as systems end them when memory runs out';

/** What trials are run with. */
export interface TrialScene {
  readonly loaded: LoadedStudy;
  readonly session: StudySession;
  readonly runs: TrialRuns;
  readonly renderer: StudyRenderer;
  readonly capacity: Capacity;
}

/** How the running of trials came to its end. */
export interface TrialsEnd {
  /** Why no more were started though there are some; undefined where all have ended. */
  readonly ending: string | undefined;
  readonly isStopped: boolean;
}

interface Situation extends TrialScene {
  readonly running: Map<string, RunningTrial>;
  readonly deaths: Map<string, number>;
  readonly begun: number;
  interrupts: number;
  ending: string | undefined;
  /** Ends the pause between two looks. */
  wake(): void;
}

/**
 * Runs the trials of a study that have not ended, as many at once as cores and memory allow, and takes in what comes of each. The first
 * interrupt asks all of them to stop, the second ends them at once.
 */
export async function runTrials(scene: TrialScene): Promise<TrialsEnd> {
  const now: Situation = {
    ...scene,
    running: new Map(),
    deaths: new Map(),
    begun: Date.now(),
    interrupts: 0,
    ending: undefined,
    wake: () => undefined,
  };
  const interrupt = (): void => {
    now.interrupts += 1;
    for (const trial of now.running.values()) trial.stop(now.interrupts > 1);
    now.renderer.stopping(now.interrupts);
    now.wake();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    for (;;) {
      await startTrials(now);
      if (now.running.size === 0) break;
      const ended = await nextEnd(now);
      if (ended !== undefined) takeIn(now, ended);
    }
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
  return { ending: now.ending, isStopped: now.interrupts > 0 };
}

/** Starts trials in the order of the plan while there is room for them. */
async function startTrials(now: Situation): Promise<void> {
  const { session, runs, renderer, running } = now;
  now.ending = spent(now);
  const { slots, memory } = now.capacity;
  const waiting = session.plan().trials.filter(({ id }) => !session.outcomes.has(id) && !running.has(id));
  for (const trial of now.ending === undefined ? waiting : []) {
    const taken = [...running.values()].reduce((sum, each) => sum + bytesOf(each.trial, now), 0);
    const fits = running.size === 0 || taken + bytesOf(trial, now) <= memory;
    if (now.interrupts > 0 || running.size >= slots || !fits) return;
    const started = await runs.start(trial);
    running.set(trial.id, started);
    renderer.started(started);
    // The user may have wanted to stop meanwhile.
    if (now.interrupts > 0) started.stop(now.interrupts > 1);
  }
}

/** The next trial that ends; undefined where something else is to be looked at first. */
async function nextEnd(now: Situation): Promise<RunningTrial | undefined> {
  const { renderer, running } = now;
  const pause = new AbortController();
  now.wake = () => {
    pause.abort();
  };
  renderer.update([...running.values()]);
  const ends = [...running.values()].map(async (each) => {
    await each.ended;
    return each;
  });
  const look = delay(renderer.interval, undefined, { signal: pause.signal }).catch(() => undefined);
  const ended = await Promise.race([...ends, look]);
  pause.abort();
  return ended;
}

function takeIn(now: Situation, ended: RunningTrial): void {
  const { session, renderer, running } = now;
  running.delete(ended.trial.id);
  const result = session.collect(ended.trial, (Date.now() - ended.startedAt) / 1000) ?? endWithoutResult(now, ended);
  if (result === undefined) return;
  session.save();
  session.tidy(ended.trial);
  renderer.ended(ended, result);
}

/** What to make of a trial whose process has ended and that has not: it is started again, but not for ever. */
function endWithoutResult({ session, deaths, interrupts }: Situation, ended: RunningTrial): TrialResult | undefined {
  const { trial, folder } = ended;
  const { status } = observeRun(folder);
  if (interrupts > 0 || (isFinal(status) && status !== 'interrupted')) return undefined;
  const count = (deaths.get(trial.id) ?? 0) + 1;
  deaths.set(trial.id, count);
  return count <= mostDeaths ? undefined : session.fail(trial, folder, { code: 'engine/failed', message: deadMessage });
}

/** Why no more trials are started; undefined while the study's budget lasts. */
function spent({ loaded, session, begun }: Situation): string | undefined {
  const { hours, trials } = loaded.definition.budget;
  const seconds = session.earlierSeconds + (Date.now() - begun) / 1000;
  if (hours !== undefined && seconds >= hours * 3600) return `the study’s budget of ${hours} hours was used up`;
  if (trials !== undefined && session.outcomes.size >= trials)
    return `the study’s budget of ${trials} trials was used up`;
  return undefined;
}

/** Memory that a trial takes: the most that one on its model has taken so far, else an estimate. */
function bytesOf({ experiment, uses: [use] }: PlannedTrial, { session, loaded }: Situation): number {
  const measured = session.peakBytes(use?.setting.model ?? '');
  return measured ?? estimatedBytes(path.resolve(loaded.source.folder, experiment.model.path));
}
