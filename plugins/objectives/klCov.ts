import { z } from 'zod';
import { largestChosen, shareOfTokens } from '../../core/objective/chooseTokens.ts';
import { tokenCovariance } from '../../core/objective/covariance.ts';
import { magnitude } from '../../core/objective/magnitude.ts';
import { tokenMean } from '../../core/objective/metricSums.ts';
import { policyObjective } from '../../core/objective/policyObjective.ts';
import { checkBounds, policyOptions } from '../../core/objective/policyOptions.ts';
import { reductionOption } from '../../core/objective/reductionOption.ts';
import { reductions } from '../../core/objective/reductions.ts';
import { withoutGradient } from '../../core/tensor/ops/withoutGradient.ts';
import { tf } from '../../core/tensor/tf.ts';

const schema = z
  .strictObject({
    ...policyOptions,
    ...reductionOption,
    importance_sampling_level: z.literal('token').default('token').describe('One ratio per token: tokens are chosen'),
    kl_cov_ratio: z
      .number()
      .positive()
      .max(1)
      .default(2e-4)
      .describe('Share of the tokens that is held back, at least one'),
    ppo_kl_coef: z.number().min(0).default(1).describe('Weight of |log-ratio| on the tokens that are held back'),
  })
  .check(checkBounds);

/**
 * KL-Cov (equation 15): -rho A of each token without a clip, plus |logp - old| on those of the highest covariance of advantage and
 * log-probability, which keeps the policy's entropy up. Covariances are of a micro-batch; among equal ones the first tokens are taken.
 */
export const klCov = policyObjective({
  id: 'kl_cov',
  summary: 'Importance-weighted policy gradient that holds back the tokens that take most entropy',
  source: 'The entropy mechanism, arXiv 2505.22617; as policy loss kl_cov of verl (verl/trainer/ppo/core_algos.py)',
  config: schema,
  tokenLoss: ({ kl_cov_ratio: share, ppo_kl_coef: weight }, terms) => {
    const { batch, ratio, advantages } = terms;
    const { localTokens } = batch.counts;
    const held = withoutGradient([tokenCovariance(terms)], (covariance) =>
      largestChosen(covariance, batch.mask, localTokens, shareOfTokens(share, localTokens)),
    );
    const drift = magnitude(tf.sub(batch.logps, batch.oldLogps));
    const penalty = tf.mul<tf.Tensor2D>(tf.mul(drift, held), weight);
    return {
      value: tf.add(tf.neg(tf.mul(ratio, advantages)), penalty),
      metrics: {
        'kl_cov/held_mean': tokenMean(held, batch),
        'kl_cov/abs_log_ratio': tokenMean(drift, batch),
      },
    };
  },
  reduction: ({ reduction }) => reductions[reduction],
  countsIdleRows: () => true,
});
