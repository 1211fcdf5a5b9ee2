import type { Measurement, StepMeasurement } from './measurement.ts';
import { steadySteps } from './measurement.ts';
import { median } from './statistics.ts';

/** A figure that is compared between the two sides. */
export interface Quantity {
  readonly title: string;
  readonly unit: 's' | 'tok/s' | 'MB';
  /** Which way is better; ratios are written so that more than 1 means that this project is. */
  readonly better: 'less' | 'more';
  of(measurement: Measurement): number;
}

/** Median over the steps that count, of one run. */
function overSteps(value: (step: StepMeasurement) => number): (measurement: Measurement) => number {
  return (measurement) => median(steadySteps(measurement).map(value));
}

/** Command to first optimizer step done. */
export const firstStep: Quantity = {
  title: 'time to first step',
  unit: 's',
  better: 'less',
  of: (measurement) => measurement.firstStepSeconds,
};

/** Completion tokens by the seconds of sampling. */
export const rolloutSpeed: Quantity = {
  title: 'rollout',
  unit: 'tok/s',
  better: 'more',
  of: overSteps((step) => step.tokens / step.rolloutSeconds),
};

/** All of a step: sampling, rewards, gradient, update. */
export const stepTime: Quantity = {
  title: 'step',
  unit: 's',
  better: 'less',
  of: overSteps((step) => step.seconds),
};

/** What a step does besides sampling. */
export const trainingTime: Quantity = {
  title: 'of which not sampling',
  unit: 's',
  better: 'less',
  of: overSteps((step) => step.seconds - step.rolloutSeconds),
};

/** Process start to adapter saved. */
export const wholeRun: Quantity = {
  title: 'whole run, process start to adapter saved',
  unit: 's',
  better: 'less',
  of: (measurement) => measurement.savedSeconds,
};

/** The highest resident memory of all processes of the run together. */
export const peakMemory: Quantity = {
  title: 'peak resident memory',
  unit: 'MB',
  better: 'less',
  of: (measurement) => measurement.peakRssBytes / 1e6,
};
