import { setTimeout as delay } from 'node:timers/promises';
import path from 'node:path';
import { observeRun } from '../../core/runs/runJson.ts';
import { lockStudy, studyFolder } from '../../core/study/studyStore.ts';
import type { PlannedTrial } from '../../core/study/trialPlan.ts';
import type { TrialResult } from '../../core/study/trialResult.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { capacityOf, estimatedBytes } from './capacity.ts';
import type { LoadedStudy } from './loadStudy.ts';
import { showLeaderboard } from './showLeaderboard.ts';
import { createStudyRenderer } from './studyRenderer.ts';
import { openSession } from './studySession.ts';
import type { StudySession } from './studySession.ts';
import { openTrialRuns } from './trialRuns.ts';
import type { RunningTrial } from './trialRuns.ts';
import { showReport } from './writeReport.ts';

/** How a study is run. */
export interface RunStudyOptions {
  readonly retryFailed?: boolean;
}

/** How often a trial whose process ends without a word, as one that ran out of memory, is started again. */
const mostDeaths = 2;
const deadMessage = 'its process ended without a word several times, as systems end them when memory runs out';

/**
 * Runs the trials of a study that have not ended, as many at once as cores and memory allow, and takes in what comes of each. Ctrl-C asks all
 * of them to stop, a second one ends them at once; the same command goes on later. Returns 0 where all have finished, 130 where it was
 * stopped, else 1.
 */
export async function runStudy(
  context: CommandContext,
  loaded: LoadedStudy,
  options: RunStudyOptions,
): Promise<number> {
  const { definition, source } = loaded;
  const folder = studyFolder(context.runsFolder, definition.name);
  const lock = await lockStudy(folder, definition.name);
  try {
    const runs = openTrialRuns(context.runsFolder, loaded);
    const session = openSession(loaded, folder, runs, { retriesFailed: options.retryFailed ?? false });
    const renderer = createStudyRenderer(context, { loaded, session, folder });
    const user = { interrupts: 0 };
    const running = new Map<string, RunningTrial>();
    let wake = new AbortController();
    const interrupt = (): void => {
      user.interrupts += 1;
      for (const trial of running.values()) trial.stop(user.interrupts > 1);
      renderer.stopping(user.interrupts);
      wake.abort();
    };
    process.on('SIGINT', interrupt);
    process.on('SIGTERM', interrupt);
    const { slots, memory } = capacityOf(definition);
    const bytes = (trial: PlannedTrial): number => bytesOf(trial, session, source.folder);
    const deaths = new Map<string, number>();
    const begun = Date.now();
    let ending: string | undefined;
    session.save();
    try {
      for (;;) {
        if (user.interrupts === 0) {
          ending = spent(session, definition.budget, begun);
          const waiting = session.plan().trials.filter(({ id }) => !session.outcomes.has(id) && !running.has(id));
          for (const trial of ending === undefined ? waiting : []) {
            const taken = [...running.values()].reduce((sum, each) => sum + bytes(each.trial), 0);
            const fits = taken + bytes(trial) <= memory;
            if (running.size >= slots || (running.size > 0 && !fits)) break;
            const started = await runs.start(trial);
            running.set(trial.id, started);
            renderer.started(started);
          }
        }
        if (running.size === 0) break;
        wake = new AbortController();
        renderer.update({ running: [...running.values()], slots });
        const settled = Promise.race([...running.values()].map(async (each) => each.ended.then(() => each)));
        const pause = delay(renderer.interval, undefined, { signal: wake.signal }).catch(() => undefined);
        const ended = await Promise.race([settled, pause]);
        if (ended === undefined) continue;
        wake.abort();
        running.delete(ended.trial.id);
        const result = session.collect(ended.trial, (Date.now() - ended.startedAt) / 1000) ?? endWithoutResult(ended);
        if (result === undefined) continue;
        session.save();
        session.tidy(ended.trial);
        renderer.ended(ended, result);
      }

      function endWithoutResult({ trial, folder: runFolder }: RunningTrial): TrialResult | undefined {
        const { status } = observeRun(runFolder);
        if (user.interrupts > 0 || status !== 'interrupted') return undefined;
        deaths.set(trial.id, (deaths.get(trial.id) ?? 0) + 1);
        if ((deaths.get(trial.id) ?? 0) <= mostDeaths) return undefined;
        return session.fail(trial, runFolder, { code: 'engine/failed', message: deadMessage });
      }
    } finally {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
      session.save(ending);
      renderer.end({ ending, isStopped: user.interrupts > 0 });
    }
    if (user.interrupts > 0) return exitCodes.interrupted;
    const results = session.results(ending);
    if (!context.json) {
      showLeaderboard(context.terminal, results);
      showReport(context, path.join(folder, 'report'), results);
    }
    const isWhole =
      results.notRun.length === 0 &&
      results.trials.every(({ phase, status }) => phase === 'tuning' || status === 'finished');
    return isWhole ? exitCodes.success : exitCodes.failure;
  } finally {
    lock.release();
  }
}

/** Why no more trials are started; undefined while the study's budget lasts. */
function spent(
  session: StudySession,
  { hours, trials }: LoadedStudy['definition']['budget'],
  begun: number,
): string | undefined {
  const seconds = session.earlierSeconds + (Date.now() - begun) / 1000;
  if (hours !== undefined && seconds >= hours * 3600) return `the study’s budget of ${hours} hours was used up`;
  if (trials !== undefined && session.outcomes.size >= trials)
    return `the study’s budget of ${trials} trials was used up`;
  return undefined;
}

/** Memory that a trial takes: the most that one on its model has taken so far, else an estimate. */
function bytesOf({ experiment, uses: [use] }: PlannedTrial, session: StudySession, folder: string): number {
  return session.peakBytes(use?.setting.model ?? '') ?? estimatedBytes(path.resolve(folder, experiment.model.path));
}
