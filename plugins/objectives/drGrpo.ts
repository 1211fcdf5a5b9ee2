import { clippedObjective } from '../../core/objective/clippedObjective.ts';
import { constantLength } from '../../core/objective/reductions.ts';

/** Dr. GRPO's reduction, without length bias. The paper also leaves advantages unscaled: `training.scale_rewards: none`. */
export const drGrpo = clippedObjective({
  id: 'dr_grpo',
  summary: 'Clipped surrogate, sum over tokens divided by the longest completion allowed',
  source: 'Understanding R1-Zero-Like Training, arXiv 2503.20783; as in TRL 1.16',
  reduction: constantLength,
});
