import { clippedObjective } from '../../core/objective/clippedObjective.ts';
import { meanOfGlobalTokens } from '../../core/objective/reductions.ts';

/** DAPO's loss. Dynamic sampling and overlong punishment, the paper's other parts, are not switched on by it. */
export const dapo = clippedObjective({
  id: 'dapo',
  summary: 'Clipped surrogate, mean over all tokens of the generation batch (the loss of DAPO alone)',
  source: 'DAPO, arXiv 2503.14476; as in TRL 1.16',
  reduction: meanOfGlobalTokens,
});
