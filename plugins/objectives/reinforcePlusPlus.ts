import { z } from 'zod';
import { RlvrError } from '../../core/errors.ts';
import { clippedSurrogate } from '../../core/objective/clippedSurrogate.ts';
import { policyObjective } from '../../core/objective/policyObjective.ts';
import { checkBounds, clipOptions, policyOptions } from '../../core/objective/policyOptions.ts';
import { reductionOption } from '../../core/objective/reductionOption.ts';
import { reductions } from '../../core/objective/reductions.ts';
import { rewardClipOption } from '../../core/objective/rewardClipOption.ts';

const schema = z
  .strictObject({
    ...clipOptions,
    ...policyOptions,
    ...reductionOption,
    ...rewardClipOption,
    beta: z.number().min(0).default(0.01).describe('Weight of the KL to the reference policy; 0: no reference is run'),
    kl_estimator: policyOptions.kl_estimator.default('k1'),
    kl_in: z
      .enum(['reward', 'loss'])
      .default('reward')
      .describe(
        'Where the KL goes: into the reward of each token, or into the loss (with kl_estimator k2: the baseline variant)',
      ),
    baseline: z
      .enum(['none', 'group'])
      .default('none')
      .describe('What is taken off each reward first; group: its mean (REINFORCE++-baseline)'),
    importance_sampling_level: z
      .literal('token')
      .default('token')
      .describe('One ratio per token: advantages are of tokens'),
  })
  .check(checkBounds);

/**
 * REINFORCE++: PPO's clipped surrogate without a critic. The advantage of a token is the reward minus beta times the KL of this and all
 * later tokens, normalised over all tokens of the generation batch (section 3 of the paper). REINFORCE++-baseline is `baseline: group`,
 * `kl_in: loss`, `kl_estimator: k2`. Token mean, as in verl and OpenRLHF; beta as OpenRLHF's `init_kl_coef`.
 */
export const reinforcePlusPlus = policyObjective({
  id: 'reinforce_plus_plus',
  summary: 'Clipped surrogate with globally normalised advantages of tokens and the KL in each token’s reward',
  source: 'REINFORCE++, arXiv 2501.03262; advantage reinforce_plus_plus of verl (verl/trainer/ppo/core_algos.py)',
  config: schema,
  tokenLoss: (config, terms) => {
    if (terms.batch.tokenAdvantages === undefined) {
      throw new RlvrError('training/invariant', 'Advantages of tokens are needed, and none were computed.');
    }
    return clippedSurrogate(config, terms);
  },
  reduction: ({ reduction }) => reductions[reduction],
  lossBeta: ({ beta, kl_in: place }) => (place === 'loss' ? beta : 0),
  advantages: ({ beta, kl_in: place, kl_estimator: estimator, baseline, reward_clip_range: range }) => ({
    advantage: 'global',
    minimumGroupSize: baseline === 'group' ? 2 : 1,
    advantageDetails: {
      baseline,
      ...(place === 'reward' && beta !== 0 ? { rewardKl: { beta, estimator } } : {}),
      ...(range ? { rewardClipRange: range } : {}),
    },
  }),
});
