import { z } from 'zod';
import { clippedSurrogate } from '../../core/objective/clippedSurrogate.ts';
import { policyObjective } from '../../core/objective/policyObjective.ts';
import { checkBounds, clipOptions, policyOptions } from '../../core/objective/policyOptions.ts';
import { meanOfSequenceMeans } from '../../core/objective/reductions.ts';
import { rewardClipOption } from '../../core/objective/rewardClipOption.ts';

const schema = z
  .strictObject({
    ...clipOptions,
    ...policyOptions,
    ...rewardClipOption,
    beta: z.number().min(0).default(0.05).describe('Weight of the KL in the reward; 0: no reference is run'),
    kl_estimator: policyOptions.kl_estimator.default('k1'),
    use_bias_correction_kl: z.literal(false).default(false).describe('The KL is not in the loss'),
    importance_sampling_level: z.literal('sequence').default('sequence').describe('One ratio per sequence'),
    normalize_advantages: z.boolean().default(false).describe('Normalise the advantages over the generation batch'),
  })
  .check(checkBounds);

/**
 * REINFORCE leave-one-out: the advantage is the reward minus the mean reward of the group's other completions, the KL summed over each
 * completion is part of the reward, and the clipped surrogate has the ratio of whole sequences, the product of their tokens' (Back to
 * basics, equations 7 and 8; the surrogate is TRL's). Mean over sequences.
 */
export const rloo = policyObjective({
  id: 'rloo',
  summary: 'Leave-one-out advantages with the KL in the reward, clipped ratio of whole sequences, mean over sequences',
  source: 'RLOO, arXiv 2402.14740; as RLOOTrainer of TRL 1.16',
  config: schema,
  ratioLevel: 'product',
  tokenLoss: (config, terms) => clippedSurrogate(config, terms),
  reduction: () => meanOfSequenceMeans,
  lossBeta: () => 0,
  advantages: ({ beta, kl_estimator: estimator, reward_clip_range: range, normalize_advantages: normalizes }) => ({
    advantage: 'rloo',
    minimumGroupSize: 2,
    advantageDetails: {
      normalizes,
      ...(beta === 0 ? {} : { rewardKl: { beta, estimator } }),
      ...(range ? { rewardClipRange: range } : {}),
    },
  }),
});
