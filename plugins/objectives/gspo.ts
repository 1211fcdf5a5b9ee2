import { z } from 'zod';
import { clippedSurrogate } from '../../core/objective/clippedSurrogate.ts';
import { policyObjective } from '../../core/objective/policyObjective.ts';
import { checkBounds, clipOptions, policyOptions } from '../../core/objective/policyOptions.ts';
import { meanOfSequenceMeans } from '../../core/objective/reductions.ts';

const schema = z
  .strictObject({
    ...policyOptions,
    epsilon: clipOptions.epsilon.default(3e-4),
    epsilon_high: z
      .number()
      .min(0)
      .nullable()
      .default(4e-4)
      .describe('The ratio is clipped at 1 + epsilon_high; null: epsilon'),
    importance_sampling_level: z
      .literal('sequence')
      .default('sequence')
      .describe('What GSPO is: one ratio per sequence'),
  })
  .check(checkBounds);

/**
 * Group sequence policy optimization (equations 5 to 7): -min(s A, clip(s) A) of each sequence, s the geometric mean of its tokens' ratios;
 * averaged over sequences. Ratios of sequences vary little, hence the narrow bounds (section 5.1 of the paper's version 2).
 */
export const gspo = policyObjective({
  id: 'gspo',
  summary: 'Clipped surrogate with one importance ratio per sequence, mean over sequences',
  source: 'GSPO, arXiv 2507.18071; as grpo with importance_sampling_level sequence in TRL 1.16',
  config: schema,
  tokenLoss: (config, terms) => clippedSurrogate(config, terms),
  reduction: () => meanOfSequenceMeans,
});
