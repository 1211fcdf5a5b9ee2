import type { KlEstimator } from '../contracts/objective.ts';

/** The estimates of `KlEstimator` from d = log-probability under the reference minus that under the policy. */
export const klEstimate: Readonly<Record<KlEstimator, (difference: number) => number>> = {
  k1: (difference) => -difference,
  abs: Math.abs,
  k2: (difference) => difference ** 2 / 2,
  k3: (difference) => Math.exp(difference) - difference - 1,
};
