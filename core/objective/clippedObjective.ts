import type { Objective } from '../contracts/objective.ts';
import { clippedSurrogate } from './clippedSurrogate.ts';
import { adaptiveEntropyState } from './entropyBonus.ts';
import { policyLoss } from './policyLoss.ts';
import type { ClippedPolicyConfig } from './policyOptions.ts';
import { clippedPolicySchema, policyAliases } from './policyOptions.ts';
import type { Reduction } from './reductions.ts';

/** What tells one objective with the clipped surrogate from another. */
export interface ClippedObjectiveParts extends Pick<Objective, 'id' | 'summary' | 'source'> {
  readonly reduction: Reduction;
  /** Whether the loss depends on which rows share a micro-batch, those of advantage 0 included. */
  readonly dependsOnMicroBatch?: boolean;
}

/**
 * Whether rows of advantage 0 have no gradient and no part in a clip fraction while the policy is the one that sampled: nothing besides
 * the surrogate acts on them or counts them, and a ratio of 1 is within the bounds.
 */
function skipsZeroAdvantage(config: ClippedPolicyConfig): boolean {
  const hasEntropyBonus = config.entropy_coef !== 0 || config.use_adaptive_entropy;
  const isCapped = typeof config.delta === 'number' && config.delta < 1;
  return config.beta === 0 && !hasEntropyBonus && config.top_entropy_quantile === 1 && !isCapped;
}

/** An objective with the clipped surrogate and group-relative advantages; only the reduction is its own. */
export function clippedObjective({
  reduction,
  dependsOnMicroBatch = false,
  ...description
}: ClippedObjectiveParts): Objective<ClippedPolicyConfig> {
  return {
    ...description,
    config: clippedPolicySchema,
    aliases: policyAliases,
    requirements: (config) => ({
      advantage: 'group',
      rollouts: true,
      beta: config.beta,
      minimumGroupSize: 2,
      skipsZeroAdvantage: !dependsOnMicroBatch && skipsZeroAdvantage(config),
    }),
    state: adaptiveEntropyState,
    loss: (config, batch) =>
      policyLoss(config, batch, { tokenLoss: (terms) => clippedSurrogate(config, terms), reduction }),
  };
}
