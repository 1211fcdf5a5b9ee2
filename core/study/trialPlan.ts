import { isDeepStrictEqual } from 'node:util';
import type { Experiment } from '../experiment/schema.ts';
import type { ExpandedStudy, StudyPart, TuningArm } from './expandedStudy.ts';
import { tuningSeeds } from './seedList.ts';
import { stableHash } from './stableHash.ts';
import type { TuningDefinition } from './studySchema.ts';
import { chooseRate } from './tuning.ts';
import type { TuningState, TuningTrial } from './tuning.ts';
import type { TrialUse } from './trialResult.ts';

/** Whether a trial evaluates the base, chooses a learning rate, or is told. */
export type TrialPhase = 'base' | 'tuning' | 'report';

/** A trial that a study runs. */
export interface PlannedTrial {
  readonly id: string;
  readonly phase: TrialPhase;
  readonly experiment: Experiment;
  /** Where it stands; of the base, under the method `base`. */
  readonly uses: readonly TrialUse[];
}

/** What came of a trial that has ended, as far as decisions need it. */
export interface TrialOutcome {
  readonly status: 'finished' | 'failed';
  /** Accuracy on the selection split, of a tuning trial. */
  readonly score: number | undefined;
}

/** The trials of a study that can be named now: those whose learning rate is not chosen yet are not among them. */
export interface TrialPlan {
  /** In the order in which they are run. */
  readonly trials: readonly PlannedTrial[];
  /** By arm. */
  readonly tuning: ReadonlyMap<string, TuningState>;
}

/** Names the trial that an experiment with these numbers is. */
export type TrialNames = (shared: Experiment, own: TuningTrial) => string;

/** Gives the hash of a model's files by its path in experiments. */
export type ModelHash = (path: string) => string;

/**
 * The trials of a study, given what has come of those that have ended: for each part the base, then trials of tuning as far as they are
 * decided, then reported ones, all methods with one seed before the next. Depends on the outcomes alone.
 */
export function planTrials(
  study: ExpandedStudy,
  tuning: TuningDefinition | undefined,
  nameOf: TrialNames,
  outcomeOf: (id: string) => TrialOutcome | undefined,
): TrialPlan {
  const trials = new Map<string, PlannedTrial>();
  const states = new Map<string, TuningState>();
  const add: AddTrial = (phase, shared, own, use) => {
    const id = nameOf(shared, own);
    const known = trials.get(id);
    const isKnown = known?.uses.some((each) => isDeepStrictEqual(each, use)) ?? false;
    const trial: PlannedTrial =
      isKnown && known
        ? known
        : {
            id,
            phase,
            experiment: known?.experiment ?? trialExperiment(shared, own),
            uses: [...(known?.uses ?? []), use],
          };
    trials.set(id, trial);
    return trial;
  };
  for (const part of study.parts) {
    addBases(study, part, add);
    for (const arm of armsOf(study, part)) {
      if (tuning === undefined) continue;
      const state = states.get(arm.id) ?? addTuning(arm, part.name, tuning, add, outcomeOf);
      states.set(arm.id, state);
    }
    addReported(part, states, add);
  }
  return { trials: [...trials.values()], tuning: states };
}

/** The arms that a part's cells take their rates from, in the order of the cells. */
export function armsOf({ arms }: ExpandedStudy, { cells }: StudyPart): readonly TuningArm[] {
  const wanted = new Set(cells.flatMap(({ rate }) => (rate.kind === 'tuned' ? [rate.arm] : [])));
  return arms.filter(({ id }) => wanted.has(id));
}

function trialExperiment(shared: Experiment, { learningRate, steps, seed }: TuningTrial): Experiment {
  return { ...shared, seed, learning_rate: learningRate, training: { ...shared.training, steps } };
}

/** Names trials by what they are: their experiment and what is in their model, not how they are called or where the model lies. */
export function trialNames(modelHash: ModelHash): TrialNames {
  // Most trials share an experiment but for three numbers, and a study is planned anew after each of them.
  const hashes = new WeakMap<Experiment, string>();
  return (shared, { learningRate, steps, seed }) => {
    const known = hashes.get(shared) ?? sharedHash(shared, modelHash);
    hashes.set(shared, known);
    return stableHash([known, learningRate, steps, seed]);
  };
}

function sharedHash(
  { name: _name, description: _words, seed: _seed, learning_rate: _rate, training, model, ...rest }: Experiment,
  modelHash: ModelHash,
): string {
  const { steps: _steps, ...trained } = training;
  return stableHash({ ...rest, training: trained, model: modelHash(model.path) });
}

type AddTrial = (phase: TrialPhase, shared: Experiment, own: TuningTrial, use: TrialUse) => PlannedTrial;

function addBases({ bases }: ExpandedStudy, { name, cells }: StudyPart, add: AddTrial): void {
  for (const { model, task, experiment } of bases) {
    if (!cells.some(({ setting }) => setting.model === model && setting.task === task)) continue;
    const { learning_rate: learningRate, seed, training } = experiment;
    add(
      'base',
      experiment,
      { learningRate, seed, steps: training.steps },
      { part: name, method: 'base', setting: { model, task, axes: {} }, learningRate: 'fixed' },
    );
  }
}

function addReported({ name, seeds, cells }: StudyPart, states: ReadonlyMap<string, TuningState>, add: AddTrial): void {
  for (const seed of seeds) {
    for (const { method, setting, experiment, rate } of cells) {
      const learningRate = rate.kind === 'tuned' ? states.get(rate.arm)?.chosen : rate.value;
      if (learningRate === undefined) continue;
      const policy = rate.kind === 'tuned' || rate.kind === 'shared' ? rate.kind : 'fixed';
      const use: TrialUse = { part: name, method, setting, learningRate: policy };
      add('report', experiment, { learningRate, steps: experiment.training.steps, seed }, use);
    }
  }
}

function addTuning(
  arm: TuningArm,
  part: string,
  tuning: TuningDefinition,
  add: AddTrial,
  outcomeOf: (id: string) => TrialOutcome | undefined,
): TuningState {
  const use: TrialUse = { part, method: arm.method, setting: arm.setting, learningRate: 'fixed' };
  // Trials are named in the order in which they are asked for: those that ended before those that are wanted.
  return chooseRate(arm.grid, tuning, tuningSeeds(tuning.seeds), (trial) => {
    const { id } = add('tuning', arm.experiment, trial, use);
    const outcome = outcomeOf(id);
    if (outcome === undefined) return undefined;
    return outcome.status === 'failed' ? 'failed' : (outcome.score ?? 'failed');
  });
}
