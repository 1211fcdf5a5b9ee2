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

/** One optimizer step. */
export interface StepMeasurement {
  /** From the end of the step before (for the first: from the start) to its own end, as seen from outside. */
  readonly seconds: number;
  /** Sampling of the completions within it, as the side itself timed it. */
  readonly rolloutSeconds: number;
  /** Tokens sampled, up to and including the end token of each completion. */
  readonly tokens: number;
}

/** What a side reports about the sampling of one step. */
export type Rollout = Pick<StepMeasurement, 'rolloutSeconds' | 'tokens'>;

/** Steps from the moments at which they ended and what was reported about each. */
export function stepsFrom(ends: readonly number[], rollouts: readonly Rollout[]): StepMeasurement[] {
  return rollouts.map((rollout, index) => ({
    ...rollout,
    seconds: (ends[index] ?? Number.NaN) - (ends[index - 1] ?? 0),
  }));
}

/** Steps that warm caches and compile on either side, and are left out of medians. */
const warmUpSteps = 2;

/** The steps that count. The last one does not either: what ends a run may fall into it. */
export function steadySteps(measurement: Measurement): readonly StepMeasurement[] {
  return measurement.steps.slice(warmUpSteps, -1);
}
