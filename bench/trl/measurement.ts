/** One run of one side. Times are seconds on the benchmark's own clock, from the moment the process was started. */
export interface Measurement {
  /** Until the first optimizer step was done. */
  readonly firstStepSeconds: number;
  /** Until the adapter was saved. */
  readonly savedSeconds: number;
  /** Sum over the run's processes of each one's highest resident memory. */
  readonly peakRssBytes: number;
  readonly steps: readonly StepMeasurement[];
  /** Held-out accuracy before and after, where it was measured. */
  readonly accuracy?: readonly number[];
}

/** One optimizer step, as the side itself timed it. */
export interface StepMeasurement {
  /** The whole step. */
  readonly seconds: number;
  /** Sampling of the completions within it. */
  readonly rolloutSeconds: number;
  /** Tokens sampled, up to and including the end token of each completion. */
  readonly tokens: number;
}

/** Steps that warm caches and compile on either side, and are left out of medians. */
const warmUpSteps = 2;

/** The steps that count. */
export function steadySteps(measurement: Measurement): readonly StepMeasurement[] {
  return measurement.steps.slice(warmUpSteps);
}
