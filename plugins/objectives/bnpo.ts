import { clippedObjective } from '../../core/objective/clippedObjective.ts';
import { meanOfLocalTokens } from '../../core/objective/reductions.ts';

/** GRPO's surrogate averaged over the tokens of each micro-batch; it depends on how the batch is cut. */
export const bnpo = clippedObjective({
  id: 'bnpo',
  summary: 'Clipped surrogate, mean over the tokens of each micro-batch',
  source: 'loss_type bnpo of TRL 1.16',
  reduction: meanOfLocalTokens,
  dependsOnMicroBatch: true,
});
