import { clippedObjective } from '../../core/objective/clippedObjective.ts';
import { meanOfSequenceMeans } from '../../core/objective/reductions.ts';

/** Group relative policy optimization: each sequence counts the same, however long it is. */
export const grpo = clippedObjective({
  id: 'grpo',
  summary: 'Clipped surrogate, mean over sequences of the mean over tokens',
  source: 'DeepSeekMath, arXiv 2402.03300; as in TRL 1.16',
  reduction: meanOfSequenceMeans,
});
