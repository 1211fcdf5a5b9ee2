import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createCatalog } from '../../core/container.ts';
import { parseExperiment } from '../../core/experiment/parse.ts';
import { resolveExperiment } from '../../core/experiment/resolve.ts';
import { isMachineMetric } from '../../core/metricNames.ts';
import type { Measurement } from '../../core/training/benchmark.ts';
import type { JudgedCompletion } from '../../core/training/generation.ts';
import type { InvariantCheck } from '../../core/training/invariants.ts';
import type { ProblemFailure } from '../../core/training/judge.ts';
import type { LearnerState } from '../../core/training/learner.ts';
import { train, type TrainingOutcome, type TrainingStart } from '../../core/training/trainer.ts';
import type { TrainerOptions } from '../../core/training/trainerOptions.ts';
import type { TrainingProgress } from '../../core/training/trainingProgress.ts';
import { prepareRun } from '../../plugins/engines/embedded/prepare.ts';
import type { PrepareOptions } from '../../plugins/engines/embedded/preparePolicy.ts';
import { plugins } from '../../plugins/index.ts';
import { writeTinyExperiment } from '../runs/tinyExperiment.ts';

/** Changes to the settings of the tiny experiment; a section is replaced as a whole. */
export type TinyChanges = Readonly<Record<string, unknown>>;

/** Writes the tiny experiment into an empty folder, and prepares it as the engine does. */
export async function prepareTiny(folder: string, changes: TinyChanges = {}): Promise<TrainerOptions> {
  return loadTiny(writeTinyExperiment(folder, changes));
}

/** Prepares an experiment file, as a new process would. */
export async function loadTiny(file: string, prepare: PrepareOptions = {}): Promise<TrainerOptions> {
  const catalog = createCatalog(plugins);
  const { experiment } = resolveExperiment(parseExperiment(readFileSync(file, 'utf8'), file, []), catalog);
  return (await prepareRun(experiment, path.dirname(file), catalog, prepare)).options;
}

/** An evaluation, and when it was. */
interface MeasuredMoment {
  readonly moment: string;
  readonly step: number;
  readonly measurements: readonly Measurement[];
}

/** Everything that a training told. */
export interface TrainingRecord {
  readonly outcome: TrainingOutcome['outcome'];
  readonly state: LearnerState;
  /** Metrics by step, those of the machine left out. */
  readonly metrics: ReadonlyMap<number, Readonly<Record<string, number>>>;
  /** All metrics of each step, in order. */
  readonly steps: readonly Readonly<Record<string, number>>[];
  readonly checks: readonly InvariantCheck[];
  /** Generation batches by their first step. */
  readonly generations: ReadonlyMap<number, readonly JudgedCompletion[]>;
  readonly checkpoints: readonly LearnerState[];
  readonly evaluations: readonly MeasuredMoment[];
  readonly failures: readonly ProblemFailure[];
  readonly progress: TrainingProgress;
  /** As of each checkpoint. */
  readonly progresses: readonly TrainingProgress[];
}

/** Trains to the end, or until a step asks for a stop. */
export async function recordTraining(
  options: TrainerOptions,
  {
    resumeFrom,
    stopAt,
    stopIn,
    onDidReachCheckpoint,
  }: {
    readonly resumeFrom?: TrainingStart;
    readonly stopAt?: number;
    /** Stops as soon as this is what it does. */
    readonly stopIn?: string;
    readonly onDidReachCheckpoint?: (state: LearnerState) => void;
  } = {},
): Promise<TrainingRecord> {
  const metrics = new Map<number, Record<string, number>>();
  const steps: Readonly<Record<string, number>>[] = [];
  const checks: InvariantCheck[] = [];
  const generations = new Map<number, readonly JudgedCompletion[]>();
  const checkpoints: LearnerState[] = [];
  const evaluations: MeasuredMoment[] = [];
  const progresses: TrainingProgress[] = [];
  const failures: ProblemFailure[] = [];
  const stop = new AbortController();
  const { outcome, state, progress } = await train(
    options,
    {
      onDidProgress: (phase) => {
        if (phase === stopIn) stop.abort();
      },
      onDidCheck: (check) => checks.push(check),
      onDidEvaluate: (moment, step, measurements) => evaluations.push({ moment, step, measurements }),
      onDidStep: (step, values) => {
        steps.push(values);
        metrics.set(step, Object.fromEntries(Object.entries(values).filter(([name]) => !isMachineMetric(name))));
        if (step === stopAt) stop.abort();
      },
      onDidFailToJudge: (_step, some) => failures.push(...some),
      onDidGenerate: (step, rows) => generations.set(step, rows),
      onDidReachCheckpoint: (reached, known) => {
        progresses.push(known);
        checkpoints.push(reached);
        onDidReachCheckpoint?.(reached);
        return Promise.resolve();
      },
    },
    stop.signal,
    resumeFrom,
  );
  const told = { metrics, steps, checks, generations, checkpoints, evaluations, failures };
  return { outcome, state, progress, progresses, ...told };
}

/** A state as something that tests compare exactly, bit for bit. */
export function bitsOf(state: LearnerState): unknown {
  const bits = (map: ReadonlyMap<string, Float32Array>): Record<string, string> =>
    Object.fromEntries(
      [...map].map(([name, { buffer, byteOffset, byteLength }]) => [
        name,
        Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
      ]),
    );
  return { ...state, parameters: bits(state.parameters), slots: bits(state.slots) };
}
