import { renameSync, rmSync } from 'node:fs';

import { messageOf, RlvrError } from '../../core/errors.ts';
import { runFile } from '../../core/runs/runFiles.ts';
import { updateRun } from '../../core/runs/runJson.ts';
import type { RunEnvironment } from '../../core/runs/runRecord.ts';
import { buildResults } from '../../core/study/buildResults.ts';
import { collectTrial, scoreOf } from '../../core/study/collectTrial.ts';
import { readResults, resultsFile, saveResults } from '../../core/study/studyStore.ts';
import type { StudyResults } from '../../core/study/studyResults.ts';
import { planTrials, trialNames } from '../../core/study/trialPlan.ts';
import type { PlannedTrial, TrialPlan } from '../../core/study/trialPlan.ts';
import type { TrialResult } from '../../core/study/trialResult.ts';
import { packageVersion } from '../installation.ts';
import type { LoadedStudy } from './loadStudy.ts';
import type { TrialRuns } from './trialRuns.ts';

/** What is known of a study's trials, in memory and in its `results.json`. */
export interface StudySession {
  /** Of trials that have ended, by id. */
  readonly outcomes: ReadonlyMap<string, TrialResult>;
  plan(): TrialPlan;
  /** Takes in what came of a trial's run, and what its process took. Returns undefined where it has to be run again or goes on later. */
  collect(trial: PlannedTrial, lifetimeSeconds: number | undefined): TrialResult | undefined;
  /** The results as they are now. */
  results(ending?: string): StudyResults;
  /** Writes them. */
  save(ending?: string): void;
  /** Takes in that a trial has failed though its run does not say so. */
  fail(trial: PlannedTrial, runFolder: string, error: NonNullable<TrialResult['error']>): TrialResult;
  /** The most memory that a trial on a model has taken so far. */
  peakBytes(model: string): number | undefined;
  /** Seconds that the study was run before this session. */
  readonly earlierSeconds: number;
  /** Removes what the study does not keep of a finished trial's run. */
  tidy(trial: PlannedTrial): void;
}

/** How a session begins. */
export interface SessionOptions {
  /** Whether trials that failed are forgotten, to be run again. */
  readonly retriesFailed?: boolean;
}

/**
 * Opens what is known of a study: its results, and runs of trials that ended without being taken in, as where a study was killed. Throws
 * `run/corrupt` for results that cannot be understood.
 */
export function openSession(
  loaded: LoadedStudy,
  folder: string,
  runs: TrialRuns,
  { retriesFailed = false }: SessionOptions = {},
): StudySession {
  const { definition, study, source, modelHash, catalog } = loaded;
  const earlier = earlierResults(folder);
  const outcomes = new Map<string, TrialResult>();
  let environment: RunEnvironment | undefined = earlier?.environment;
  const { trials: trained = 0, overhead = 0, wall = 0 } = earlier?.seconds ?? {};
  const seconds = { trials: trained, overhead, wall };
  const cpuAtStart = process.cpuUsage();
  const begun = Date.now();
  const remember = (result: TrialResult): void => {
    if (!(retriesFailed && result.status === 'failed')) outcomes.set(result.id, result);
  };
  for (const result of earlier?.trials ?? []) remember(result);
  for (const base of earlier?.bases ?? []) remember(baseResult(base));

  const targetOf = ({ uses: [use] }: PlannedTrial): number | undefined => {
    const { target_accuracy: target } = definition;
    return typeof target === 'object' ? target[use?.setting.task ?? ''] : target;
  };
  const nameOf = trialNames(modelHash);
  // Decisions depend on outcomes alone.
  let planned: { readonly plan: TrialPlan; readonly outcomes: number } | undefined;
  const plan = (): TrialPlan => {
    if (planned?.outcomes !== outcomes.size) planned = { plan: decide(), outcomes: outcomes.size };
    return planned.plan;
  };
  const decide = (): TrialPlan =>
    planTrials(study, definition.tuning, nameOf, (id) => {
      const result = outcomes.get(id);
      return result && { status: result.status, score: scoreOf(result) };
    });
  const collect: StudySession['collect'] = (trial, lifetimeSeconds) => {
    const run = runs.find(trial.id);
    if (run === undefined || (run.status !== 'finished' && run.status !== 'failed')) return undefined;
    // What was failed by another program than this one is to be begun anew, and says nothing of the trial.
    if (run.status === 'failed' && run.record.error?.code === 'run/environment-changed') return undefined;
    if (run.status === 'failed' && retriesFailed && lifetimeSeconds === undefined) return undefined;
    const collected = collectTrial(run.folder, trial, targetOf(trial));
    const total = Math.max(lifetimeSeconds ?? 0, collected.seconds.total);
    const result = { ...collected, seconds: { ...collected.seconds, total } };
    outcomes.set(trial.id, result);
    environment ??= run.record.environment;
    if (lifetimeSeconds !== undefined) {
      const { training, evaluation } = result.seconds;
      seconds.trials += training + evaluation;
      seconds.overhead += Math.max(0, total - training - evaluation);
    }
    return result;
  };
  // Decisions of tuning name more trials, which may have ended as well.
  for (let known = -1; known < outcomes.size;) {
    known = outcomes.size;
    for (const trial of plan().trials) {
      if (!outcomes.has(trial.id)) collectSafely(collect, trial);
    }
  }
  const results = (ending?: string): StudyResults => {
    const { user, system } = process.cpuUsage(cpuAtStart);
    return buildResults({
      definition,
      study,
      folder: source.folder,
      catalog,
      plan: plan(),
      outcomes,
      version: packageVersion(),
      environment,
      seconds: {
        trials: seconds.trials,
        overhead: seconds.overhead + (user + system) / 1e6,
        wall: seconds.wall + (Date.now() - begun) / 1000,
      },
      ending,
    });
  };
  return {
    outcomes,
    plan,
    collect,
    results,
    fail: (trial, runFolder, error) => {
      const result = { ...collectTrial(runFolder, trial, targetOf(trial)), status: 'failed' as const, error };
      outcomes.set(trial.id, result);
      return result;
    },
    peakBytes: (model) => {
      const peaks = [...outcomes.values()].flatMap(({ uses: [use], peakMemoryBytes }) =>
        use?.setting.model === model && peakMemoryBytes !== undefined ? [peakMemoryBytes] : [],
      );
      return peaks.length === 0 ? undefined : Math.max(...peaks);
    },
    earlierSeconds: seconds.wall,
    save: (ending) => {
      saveResults(folder, results(ending));
    },
    tidy: (trial) => {
      const run = runs.find(trial.id);
      if (run?.status === 'finished' && (definition.keep === 'records' || trial.phase !== 'report'))
        forgetBulk(run.folder);
    },
  };
}

/** What is known from before. Results that a power cut has damaged are put aside: the trials' runs tell them again. */
function earlierResults(folder: string): StudyResults | undefined {
  const file = resultsFile(folder);
  try {
    return readResults(file);
  } catch (error) {
    if (!(error instanceof RlvrError) || error.code !== 'run/corrupt') throw error;
    const aside = `${file}.damaged`;
    renameSync(file, aside);
    process.emitWarning(`${error.message} They are kept as ${aside}, and made again from the runs of the trials.`);
    return undefined;
  }
}

/** What the results tell of a base, as a trial's result. */
function baseResult({
  id,
  run,
  benchmarks,
  retention,
  model,
  task,
}: NonNullable<StudyResults['bases']>[number]): TrialResult {
  const setting = { model, task, axes: {} };
  return {
    id,
    run,
    phase: 'report',
    uses: [{ part: '', method: 'base', setting, learningRate: 'fixed' }],
    seed: 0,
    learningRate: 1,
    steps: 0,
    status: 'finished',
    benchmarks,
    retention,
    tokens: 0,
    seconds: { total: 0, training: 0, evaluation: 0 },
    curves: { reward: [], accuracy: [], kl: [], entropy: [], length: [], spectra: {} },
    spectra: {},
  };
}

/** A run whose files are damaged is run again. */
function collectSafely(collect: StudySession['collect'], trial: PlannedTrial): void {
  try {
    collect(trial, undefined);
  } catch (error) {
    if (!(error instanceof RlvrError) || error.code !== 'run/corrupt') throw error;
    process.emitWarning(`${messageOf(error)} The trial is run again.`);
  }
}

/** Removes weights and completions of a run that has finished; its record, metrics and evaluations stay. */
function forgetBulk(folder: string): void {
  for (const name of ['checkpoints', 'completions'] as const) {
    const target = runFile(folder, name);
    rmSync(target, { recursive: true, force: true });
  }
  updateRun(folder, { checkpoints: [] });
}
