import { z } from 'zod';
import type { Objective } from '../../core/contracts/objective.ts';
import { tokenMean, tokenSum } from '../../core/objective/metricSums.ts';
import { meanOfGlobalTokens } from '../../core/objective/reductions.ts';
import { tf } from '../../core/tensor/tf.ts';

/** Supervised fine-tuning on the demonstrations of a data set: mean cross-entropy over all tokens of the batch. */
export const sft: Objective<Record<string, never>> = {
  id: 'sft',
  summary: 'Supervised fine-tuning: mean cross-entropy of the demonstrations',
  source: 'maximum likelihood; the reduction of transformers’ Trainer',
  config: z.strictObject({}),
  requirements: () => ({
    advantage: 'supervised',
    rollouts: false,
    beta: 0,
    minimumGroupSize: 1,
    skipsZeroAdvantage: false,
  }),
  loss: (_config, batch) => ({
    loss: meanOfGlobalTokens(tf.neg(batch.logps), batch).loss,
    metrics: {
      cross_entropy: { ...tokenMean(batch.logps, batch), sum: tf.neg(tokenSum(batch.logps, batch)) },
      entropy: tokenMean(batch.entropies, batch),
    },
  }),
};
