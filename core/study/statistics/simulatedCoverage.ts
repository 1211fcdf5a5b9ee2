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
export const simulatedCoverage: readonly SimulatedCoverage[] = [
  { seeds: 3, problems: 64, seedDeviation: 0.5, collapse: 0, accuracy: 0.973, difference: 0.968 },
  { seeds: 3, problems: 64, seedDeviation: 1, collapse: 0, accuracy: 0.961, difference: 0.97 },
  { seeds: 3, problems: 64, seedDeviation: 3, collapse: 0, accuracy: 0.976, difference: 0.963 },
  { seeds: 3, problems: 64, seedDeviation: 8, collapse: 0, accuracy: 0.983, difference: 0.96 },
  { seeds: 3, problems: 256, seedDeviation: 0.5, collapse: 0, accuracy: 0.971, difference: 0.968 },
  { seeds: 3, problems: 256, seedDeviation: 1, collapse: 0, accuracy: 0.976, difference: 0.963 },
  { seeds: 3, problems: 256, seedDeviation: 3, collapse: 0, accuracy: 0.972, difference: 0.95 },
  { seeds: 3, problems: 256, seedDeviation: 8, collapse: 0, accuracy: 0.967, difference: 0.956 },
  { seeds: 3, problems: 256, seedDeviation: 1, collapse: 0.1, accuracy: 0.568, difference: 0.984 },
  { seeds: 3, problems: 256, seedDeviation: 1, collapse: 0.3, accuracy: 0.617, difference: 0.97 },
  { seeds: 5, problems: 64, seedDeviation: 0.5, collapse: 0, accuracy: 0.958, difference: 0.959 },
  { seeds: 5, problems: 64, seedDeviation: 1, collapse: 0, accuracy: 0.956, difference: 0.955 },
  { seeds: 5, problems: 64, seedDeviation: 3, collapse: 0, accuracy: 0.962, difference: 0.964 },
  { seeds: 5, problems: 64, seedDeviation: 8, collapse: 0, accuracy: 0.957, difference: 0.948 },
  { seeds: 5, problems: 256, seedDeviation: 0.5, collapse: 0, accuracy: 0.96, difference: 0.959 },
  { seeds: 5, problems: 256, seedDeviation: 1, collapse: 0, accuracy: 0.967, difference: 0.95 },
  { seeds: 5, problems: 256, seedDeviation: 3, collapse: 0, accuracy: 0.971, difference: 0.95 },
  { seeds: 5, problems: 256, seedDeviation: 8, collapse: 0, accuracy: 0.96, difference: 0.94 },
  { seeds: 5, problems: 256, seedDeviation: 1, collapse: 0.1, accuracy: 0.573, difference: 0.979 },
  { seeds: 5, problems: 256, seedDeviation: 1, collapse: 0.3, accuracy: 0.86, difference: 0.99 },
  { seeds: 10, problems: 64, seedDeviation: 0.5, collapse: 0, accuracy: 0.935, difference: 0.949 },
  { seeds: 10, problems: 64, seedDeviation: 1, collapse: 0, accuracy: 0.956, difference: 0.95 },
  { seeds: 10, problems: 64, seedDeviation: 3, collapse: 0, accuracy: 0.955, difference: 0.965 },
  { seeds: 10, problems: 64, seedDeviation: 8, collapse: 0, accuracy: 0.956, difference: 0.956 },
  { seeds: 10, problems: 256, seedDeviation: 0.5, collapse: 0, accuracy: 0.944, difference: 0.955 },
  { seeds: 10, problems: 256, seedDeviation: 1, collapse: 0, accuracy: 0.956, difference: 0.955 },
  { seeds: 10, problems: 256, seedDeviation: 3, collapse: 0, accuracy: 0.956, difference: 0.969 },
  { seeds: 10, problems: 256, seedDeviation: 8, collapse: 0, accuracy: 0.954, difference: 0.947 },
  { seeds: 10, problems: 256, seedDeviation: 1, collapse: 0.1, accuracy: 0.709, difference: 0.976 },
  { seeds: 10, problems: 256, seedDeviation: 1, collapse: 0.3, accuracy: 0.954, difference: 0.937 },
];
