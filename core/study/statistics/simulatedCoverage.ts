/** Shares of simulated studies whose reported interval held the truth. */
export interface SimulatedCoverage {
  readonly seeds: number;
  readonly problems: number;
  /** Standard deviation of a method's accuracy over seeds, in points. */
  readonly seedDeviation: number;
  /** Share of seeds that end at accuracy 0. */
  readonly collapse: number;
  /** Of a method's accuracy. */
  readonly accuracy: number;
  /** Of the paired difference of two methods. */
  readonly difference: number;
}

/** Written by `npm run bench:intervals -- --write`. */
export const simulatedCoverage: readonly SimulatedCoverage[] = [];
