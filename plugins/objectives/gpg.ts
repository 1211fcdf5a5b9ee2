import { z } from 'zod';
import { policyObjective } from '../../core/objective/policyObjective.ts';
import { checkBounds, policyOptions } from '../../core/objective/policyOptions.ts';
import { reductionOption } from '../../core/objective/reductionOption.ts';
import { dependsOnMicroBatch, reductions } from '../../core/objective/reductions.ts';
import { tf } from '../../core/tensor/tf.ts';

const schema = z.strictObject({ ...policyOptions, ...reductionOption }).check(checkBounds);

/**
 * Group policy gradient: -A logp of each token, without ratio, clip or reference. Advantages are group-relative and grow by alpha = rows /
 * rows of groups whose rewards spread, for what the others leave idle (verl approximates alpha by rows / rows of a reward that is not 0).
 * The paper's F_norm is `training.scale_rewards`: none for 1, group for the standard deviation.
 */
export const gpg = policyObjective({
  id: 'gpg',
  summary: 'Plain policy gradient with group-relative advantages, made up for groups without spread',
  source: 'GPG, arXiv 2504.02546; policy loss and advantage gpg of verl (verl/trainer/ppo/core_algos.py)',
  config: schema,
  tokenLoss: (_config, { advantages, batch }) => ({ value: tf.neg(tf.mul(advantages, batch.logps)), metrics: {} }),
  reduction: ({ reduction }) => reductions[reduction],
  advantages: () => ({
    advantage: 'group',
    minimumGroupSize: 2,
    advantageDetails: { compensatesIdleGroups: true },
  }),
  countsIdleRows: (config) => dependsOnMicroBatch(config),
});
