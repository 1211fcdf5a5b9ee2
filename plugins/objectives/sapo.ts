import { z } from 'zod';
import { indicator } from '../../core/objective/metricSums.ts';
import { policyObjective } from '../../core/objective/policyObjective.ts';
import { checkBounds, policyOptions } from '../../core/objective/policyOptions.ts';
import { meanOfSequenceMeans } from '../../core/objective/reductions.ts';
import { tf } from '../../core/tensor/tf.ts';

const schema = z
  .strictObject({
    ...policyOptions,
    sapo_temperature_pos: z
      .number()
      .positive()
      .default(1)
      .describe('Steepness of the gate where the advantage is above 0'),
    sapo_temperature_neg: z.number().positive().default(1.05).describe('Steepness of the gate elsewhere'),
  })
  .check(checkBounds);

/**
 * Soft adaptive policy optimization: -(4 / tau) sigmoid(tau (rho - 1)) A of each token, tau by the sign of A. A smooth gate, whose
 * gradient is that of rho A where rho is 1, in place of a clip. Mean over sequences of the mean over tokens.
 */
export const sapo = policyObjective({
  id: 'sapo',
  summary: 'Surrogate with a smooth gate in place of the clip, mean over sequences of the mean over tokens',
  source: 'SAPO, arXiv 2511.20347; as in TRL 1.16',
  config: schema,
  aliases: { tau_pos: 'sapo_temperature_pos', tau_neg: 'sapo_temperature_neg' },
  tokenLoss: ({ sapo_temperature_pos: pos, sapo_temperature_neg: neg }, { ratio, advantages }) => {
    const isPositive = indicator(tf.greater(advantages, 0));
    const temperature = tf.add<tf.Tensor2D>(tf.mul(isPositive, pos), tf.mul(tf.sub(1, isPositive), neg));
    const gate = tf.div<tf.Tensor2D>(tf.mul(tf.sigmoid(tf.mul(temperature, tf.sub(ratio, 1))), 4), temperature);
    return { value: tf.neg(tf.mul(gate, advantages)), metrics: {} };
  },
  reduction: () => meanOfSequenceMeans,
});
