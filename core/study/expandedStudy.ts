import type { Experiment } from '../experiment/schema.ts';
import type { RatePolicy } from './studySchema.ts';
import type { StudySetting } from './trialResult.ts';

/** Where the learning rate of a trial comes from: a number, or what an arm's tuning chooses. */
export type RateSource =
  | { readonly kind: 'own' | 'shared' | 'number' | 'axis'; readonly value: number }
  | { readonly kind: 'tuned'; readonly arm: string };

/** A method in a setting of a part: trials that differ in their seed alone. */
export interface StudyCell {
  readonly part: string;
  readonly method: string;
  readonly setting: StudySetting;
  /** Its experiment but for seed and learning rate. */
  readonly experiment: Experiment;
  readonly rate: RateSource;
}

/** A method for which a learning rate is chosen. */
export interface TuningArm {
  /** Names it by what it is: parts that need the same arm share it. */
  readonly id: string;
  readonly method: string;
  readonly setting: StudySetting;
  /** Its experiment but for seed, learning rate and steps. */
  readonly experiment: Experiment;
  /** Rates in ascending order. */
  readonly grid: readonly number[];
}

/** One part of a study, expanded. */
export interface StudyPart {
  readonly name: string;
  readonly title: string | undefined;
  readonly priority: number;
  readonly isExploratory: boolean;
  readonly methods: readonly string[];
  readonly baselines: readonly string[];
  readonly seeds: readonly number[];
  readonly learningRate: RatePolicy;
  readonly settings: readonly StudySetting[];
  readonly cells: readonly StudyCell[];
}

/** The base of a study, evaluated once for each model and task. */
export interface StudyBase {
  readonly model: string;
  readonly task: string;
  readonly experiment: Experiment;
}

/** A difference between methods that is compared, as the report repeats it. */
export interface MethodDifference {
  readonly in: 'targets' | 'budget';
  readonly methods: readonly string[];
  /** In words: what they have and what the others have. */
  readonly what: string;
  readonly because: string;
}

/** Everything that a study runs, in order. */
export interface ExpandedStudy {
  readonly name: string;
  readonly parts: readonly StudyPart[];
  readonly arms: readonly TuningArm[];
  readonly bases: readonly StudyBase[];
  readonly differences: readonly MethodDifference[];
}
