import type { Objective } from '../contracts/objective.ts';
import { clippedSurrogate } from './clippedSurrogate.ts';
import { policyObjective } from './policyObjective.ts';
import type { ClippedPolicyConfig } from './policyOptions.ts';
import { clippedPolicySchema } from './policyOptions.ts';
import type { Reduction } from './reductions.ts';

/** What tells one objective with the clipped surrogate from another. */
export interface ClippedObjectiveParts extends Pick<Objective, 'id' | 'summary' | 'source'> {
  readonly reduction: Reduction;
  /** Whether the loss depends on which rows share a micro-batch, those of advantage 0 included. */
  readonly dependsOnMicroBatch?: boolean;
}

/** An objective with the clipped surrogate and group-relative advantages; only the reduction is its own. */
export function clippedObjective({
  reduction,
  dependsOnMicroBatch = false,
  ...description
}: ClippedObjectiveParts): Objective<ClippedPolicyConfig> {
  return policyObjective({
    ...description,
    config: clippedPolicySchema,
    tokenLoss: (config, terms) => clippedSurrogate(config, terms),
    reduction: () => reduction,
    // A ratio of 1 lies within the bounds, but not where the cap is below it.
    countsIdleRows: ({ delta }) => dependsOnMicroBatch || (typeof delta === 'number' && delta < 1),
  });
}
