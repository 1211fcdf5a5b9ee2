import path from 'node:path';
import { lockStudy, studyFolder } from '../../core/study/studyStore.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { capacityOf } from './capacity.ts';
import type { LoadedStudy } from './loadStudy.ts';
import { runTrials } from './runTrials.ts';
import { showLeaderboard } from './showLeaderboard.ts';
import { createStudyRenderer } from './studyRenderer.ts';
import { openSession } from './studySession.ts';
import { openTrialRuns } from './trialRuns.ts';
import { showReport } from './writeReport.ts';

/** How a study is run. */
export interface RunStudyOptions {
  readonly retryFailed?: boolean;
}

/**
 * Runs the trials of a study that have not ended, as many at once as cores and memory allow, and takes in what comes of each. Ctrl-C asks
 * all of them to stop, a second one ends them at once; the same command goes on later. Returns 0 where all have finished, 130 where it was
 * stopped, else 1.
 */
export async function runStudy(
  context: CommandContext,
  loaded: LoadedStudy,
  options: RunStudyOptions,
): Promise<number> {
  const { definition } = loaded;
  const folder = studyFolder(context.runsFolder, definition.name);
  const lock = await lockStudy(folder, definition.name);
  try {
    const runs = openTrialRuns(context.runsFolder, loaded);
    const session = openSession(loaded, folder, runs, { retriesFailed: options.retryFailed ?? false });
    const capacity = capacityOf(definition);
    const renderer = createStudyRenderer(context, { loaded, session, folder, slots: capacity.slots });
    session.save();
    const { ending, isStopped } = await runTrials({ loaded, session, runs, renderer, capacity });
    session.save(ending);
    renderer.end({ ending, isStopped });
    if (isStopped) return exitCodes.interrupted;
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
