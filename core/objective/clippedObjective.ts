import type { Objective } from '../contracts/objective.ts';
import { clippedSurrogate } from './clippedSurrogate.ts';
import { adaptiveEntropyState } from './entropyBonus.ts';
import { policyLoss } from './policyLoss.ts';
import type { ClippedPolicyConfig } from './policyOptions.ts';
import { clippedPolicySchema, policyAliases } from './policyOptions.ts';
import type { Reduction } from './reductions.ts';

/** An objective with the clipped surrogate and group-relative advantages; only the reduction is its own. */
export function clippedObjective(
  description: Pick<Objective, 'id' | 'summary' | 'source'>,
  reduction: Reduction,
): Objective<ClippedPolicyConfig> {
  return {
    ...description,
    config: clippedPolicySchema,
    aliases: policyAliases,
    requirements: (config) => ({ advantage: 'group', rollouts: true, beta: config.beta, minimumGroupSize: 2 }),
    state: adaptiveEntropyState,
    loss: (config, batch) =>
      policyLoss(config, batch, { tokenLoss: (terms) => clippedSurrogate(config, terms), reduction }),
  };
}
