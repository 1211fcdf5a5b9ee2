import type { Objective } from '../contracts/objective.ts';
import { clippedSurrogate } from './clippedSurrogate.ts';
import { adaptiveEntropyState } from './entropyBonus.ts';
import { policyLoss } from './policyLoss.ts';
import type { ClippedPolicyConfig } from './policyOptions.ts';
import { clippedPolicySchema, policyAliases } from './policyOptions.ts';
import { meanOfLocalTokens, type Reduction } from './reductions.ts';

/** What tells one objective with the clipped surrogate from another. */
export interface ClippedObjectiveParts extends Pick<Objective, 'id' | 'summary' | 'source'> {
  readonly reduction: Reduction;
  /** Whether the loss depends on which rows share a micro-batch, those of advantage 0 included. */
  readonly dependsOnMicroBatch?: boolean;
}

/** Rows of advantage 0 have no gradient, unless something besides the surrogate acts on them or counts them. */
function skipsZeroAdvantage(config: ClippedPolicyConfig): boolean {
  const hasEntropyBonus = config.entropy_coef !== 0 || config.use_adaptive_entropy;
  return config.beta === 0 && !hasEntropyBonus && config.top_entropy_quantile === 1;
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
      // A mean over the micro-batch's tokens, and masks and bonuses that look at all tokens, see rows of advantage 0 too.
      skipsZeroAdvantage:
        reduction !== meanOfLocalTokens &&
        config.beta === 0 &&
        config.entropy_coef === 0 &&
        !config.use_adaptive_entropy &&
        config.top_entropy_quantile === 1,
    }),
    state: adaptiveEntropyState,
    loss: (config, batch) =>
      policyLoss(config, batch, { tokenLoss: (terms) => clippedSurrogate(config, terms), reduction }),
  };
}
