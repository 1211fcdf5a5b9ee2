import { RlvrError } from '../errors.ts';
import { evaluationMetrics, type EvaluationMoment } from './evaluationMetrics.ts';
import { checkIdentity } from './invariants.ts';
import { isDue } from './isDue.ts';
import { createLearner, type Learner, type LearnerState } from './learner.ts';
import { createMergedWeights } from './mergedWeights.ts';
import { trainOn, type TrainingBatch } from './optimizerSteps.ts';
import { createSampler, type Sampler, type WeightFeeds } from './rollout.ts';
import { afterSelection, isOnPlateau } from './selection.ts';
import { sampledBatch, supervisedBatch } from './trainingBatches.ts';
import type { TrainerEvents, TrainerOptions } from './trainerOptions.ts';
import { startOfProgress, type TrainingProgress } from './trainingProgress.ts';

/** How training came to its end. */
export interface TrainingOutcome {
  readonly outcome: 'finished' | 'stopped';
  readonly state: LearnerState;
  readonly progress: TrainingProgress;
}

/** Where a training goes on from. */
export type TrainingStart = Pick<TrainingOutcome, 'state' | 'progress'>;

/** The parts that live as long as a run. */
interface Run {
  readonly options: TrainerOptions;
  readonly events: TrainerEvents;
  readonly signal: AbortSignal;
  readonly learner: Learner;
  readonly sampler: Sampler;
  /** Merged weights of the policy as it is now. */
  merged(): Promise<WeightFeeds>;
}

/**
 * Trains from `resumeFrom` (or the policy's start) to the last step. Everything random is named by the seed and the step it belongs to,
 * so a resumed run is the same run. Aborting ends it after the generation batch at hand, with a checkpoint.
 */
export async function train(
  options: TrainerOptions,
  events: TrainerEvents,
  signal: AbortSignal,
  resumeFrom?: TrainingStart,
): Promise<TrainingOutcome> {
  const learner = createLearner(options.checkpoint, options.step);
  const sampler = createSampler(options.checkpoint.config);
  const mergedWeights = await createMergedWeights(options.checkpoint, options.step.policy);
  const merged = (): Promise<WeightFeeds> => mergedWeights.feeds(learner.state);
  const run: Run = { options, events, signal, learner, sampler, merged };
  try {
    const progress = resumeFrom?.progress ?? startOfProgress;
    if (resumeFrom !== undefined) learner.restore(resumeFrom.state);
    else if (!(await start(run))) return { outcome: 'stopped', state: learner.state, progress };
    return await loop(run, progress);
  } finally {
    await Promise.all([learner.release(), sampler.release(), mergedWeights.release()]);
  }
}

/** Invariants and the evaluation of the base, before the first step. False where it was told to stop: nothing is lost yet. */
async function start(run: Run): Promise<boolean> {
  const { options, events, sampler, signal } = run;
  events.onDidProgress('starting', 0, undefined);
  const prompts = Array.from(
    { length: Math.min(4, options.train.size ?? 4) },
    (_, i) => options.promptOf(options.train.problem(i)).ids,
  );
  const [base, adapted] = [run.learner.policyFeeds(), await run.merged()];
  events.onDidCheck(await checkIdentity(sampler, options.step.policy, base, adapted, prompts));
  if (signal.aborted) return false;
  if (!options.evaluation.before) return true;
  const measured = await evaluate(run, 'before').catch((error: unknown) => {
    if (signal.aborted && error instanceof RlvrError && error.code === 'run/not-running') return undefined;
    throw error;
  });
  if (measured === undefined) return false;
  events.onDidStep(0, measured);
  return true;
}

async function loop(run: Run, from: TrainingProgress): Promise<TrainingOutcome> {
  const { options, events, signal, learner } = run;
  const perGeneration = options.iterations * options.stepsPerGeneration;
  const isSupervised = !options.step.objective.requirements(options.step.objectiveConfig).rollouts;
  let saved = learner.state.step;
  let progress = from;
  while (learner.state.step < options.steps && !isOnPlateau(progress, options.earlyStopping)) {
    const index = learner.state.step / perGeneration;
    const taken = isSupervised
      ? supervisedBatch(options, progress)
      : await sampledBatch({ ...run, weights: await run.merged() }, progress);
    const tokens = progress.tokens + (taken.batch.metrics['rollout/tokens'] ?? 0);
    progress = { ...taken.progress, tokens };
    const lastMetrics = await trainOn(run, withTotals(taken.batch, progress), index).catch((error: unknown) => {
      throw withCheckpoint(error, saved);
    });
    const { step } = learner.state;
    const selected = await select(run, progress);
    ({ progress } = selected);
    const isLast = step >= options.steps || isOnPlateau(progress, options.earlyStopping);
    const measured = isLast ? await evaluate(run, 'after') : {};
    const weights = (await events.onDidTrain?.(learner.state)) ?? {};
    events.onDidStep(step, { ...lastMetrics, ...together(selected.metrics, measured), ...weights });
    const stopping = signal.aborted && !isLast;
    const isBest = options.keepsBest && progress.best?.step === step;
    if (isLast || stopping || isBest || step - saved >= options.checkpointEvery) {
      events.onDidProgress('saving', step, options.steps);
      await events.onDidReachCheckpoint(learner.state, progress);
      saved = step;
    }
    if (stopping) return { outcome: 'stopped', state: learner.state, progress };
  }
  return { outcome: 'finished', state: learner.state, progress };
}

type Metrics = Readonly<Record<string, number>>;

/** Accuracy on the selection split, where it is due; what the run chooses by it. */
async function select(
  run: Run,
  progress: TrainingProgress,
): Promise<{ readonly metrics: Metrics; readonly progress: TrainingProgress }> {
  const { iterations, stepsPerGeneration, steps, evaluation, keepsBest, earlyStopping } = run.options;
  const { step } = run.learner.state;
  const chooses = keepsBest || earlyStopping !== undefined;
  // After the last step only what chooses is still interested in it.
  const isMeasured = isDue(step, iterations * stepsPerGeneration, evaluation.every) && (chooses || step < steps);
  if (!isMeasured) return { metrics: {}, progress };
  const metrics = await evaluate(run, 'during');
  const accuracy = metrics['evaluation/accuracy'];
  if (!chooses || accuracy === undefined) return { metrics, progress };
  const after = afterSelection(progress, step, accuracy, earlyStopping?.minDelta);
  const told = {
    'selection/accuracy': accuracy,
    'selection/best': after.best?.accuracy ?? accuracy,
    'selection/stale': after.stale,
  };
  return { metrics: { ...metrics, ...told }, progress: after };
}

/** The metrics of two evaluations after one step: those of the second, and the time of both. */
function together(first: Metrics, second: Metrics): Metrics {
  const seconds = (first['time/evaluation'] ?? 0) + (second['time/evaluation'] ?? 0);
  const all = { ...first, ...second };
  return 'time/evaluation' in all ? { ...all, 'time/evaluation': seconds } : all;
}

/** Says where a run that met a number that is none can go on from. */
function withCheckpoint(error: unknown, saved: number): unknown {
  if (!(error instanceof RlvrError) || error.code !== 'training/not-finite') return error;
  const place = saved === 0 ? 'There is no checkpoint yet.' : `The last good checkpoint is that of step ${saved}.`;
  return new RlvrError(
    error.code,
    `${error.message} ${place}`,
    { ...error.fields, checkpoint: saved },
    { cause: error },
  );
}

/** A batch that also tells what was sampled in all; nothing of a batch that was not sampled. */
function withTotals(batch: TrainingBatch, { tokens }: TrainingProgress): TrainingBatch {
  if (batch.metrics['rollout/tokens'] === undefined) return batch;
  return { ...batch, metrics: { ...batch.metrics, 'rollout/tokens_total': tokens } };
}

/** Before and after, on the report split; in between on the one that settings may be chosen by. */
async function evaluate(run: Run, moment: EvaluationMoment): Promise<Readonly<Record<string, number>>> {
  const { report, selection } = run.options.evaluation;
  const benchmarks = moment === 'during' ? [selection].filter((own) => own !== undefined) : report;
  if (benchmarks.length === 0) return {};
  const weights = await run.merged();
  // Later on, a stop comes after the step with its evaluation, so that the metrics are those of a run that was not stopped.
  const stop = moment === 'before' ? { stop: run.signal } : {};
  return evaluationMetrics({ ...run, weights, ...stop }, moment, benchmarks);
}
