import { z } from 'zod';
import { clippedSurrogate } from '../../core/objective/clippedSurrogate.ts';
import { policyObjective } from '../../core/objective/policyObjective.ts';
import { checkBounds, clipOptions, deltaOption, policyOptions } from '../../core/objective/policyOptions.ts';
import { meanOfSequenceSums } from '../../core/objective/reductions.ts';

const schema = z
  .strictObject({
    ...clipOptions,
    ...deltaOption,
    ...policyOptions,
    importance_sampling_level: policyOptions.importance_sampling_level.default('sequence'),
  })
  .check(checkBounds);

/**
 * Length-unbiased sequence policy optimization: GSPO's loss of each sequence times its length. The paper's ratio is that of a sequence,
 * which is the default here; TRL's default is the token's, of which it warns.
 */
export const luspo = policyObjective({
  id: 'luspo',
  summary: 'Clipped surrogate with one importance ratio per sequence, mean over sequences of the sum over tokens',
  source: 'LUSPO, arXiv 2602.05261; as in TRL 1.16',
  config: schema,
  tokenLoss: (config, terms) => clippedSurrogate(config, terms),
  reduction: () => meanOfSequenceSums,
  // A ratio of 1 lies within the bounds, but not where the cap is below it.
  countsIdleRows: ({ delta }) => typeof delta === 'number' && delta < 1,
});
