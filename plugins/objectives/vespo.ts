import { z } from 'zod';
import type { MetricSum } from '../../core/objective/metricSums.ts';
import { sequenceMean } from '../../core/objective/metricSums.ts';
import { policyObjective } from '../../core/objective/policyObjective.ts';
import { checkBounds, policyOptions } from '../../core/objective/policyOptions.ts';
import type { PolicyTerms } from '../../core/objective/policyTerms.ts';
import { sumOverSequence } from '../../core/objective/policyTerms.ts';
import { meanOfGlobalTokens } from '../../core/objective/reductions.ts';
import { rolloutRatio } from '../../core/objective/rolloutRatio.ts';
import { withoutGradient } from '../../core/tensor/ops/withoutGradient.ts';
import { tf } from '../../core/tensor/tf.ts';

const weight = (start: number, what: string): z.ZodDefault<z.ZodNumber> =>
  z.number().min(0).default(start).describe(what);

const schema = z
  .strictObject({
    ...policyOptions,
    rollout_correction: z
      .enum(['none', 'token_truncate', 'token_mask'])
      .default('none')
      .describe('As elsewhere; the ratios enter the weight of the sequence, so those of tokens alone are possible'),
    vespo_k_pos: weight(2, 'Power of the ratio where the advantage is 0 or more'),
    vespo_lambda_pos: weight(3, 'Decay with the ratio where the advantage is 0 or more'),
    vespo_k_neg: weight(3, 'Power of the ratio where the advantage is below 0'),
    vespo_lambda_neg: weight(2, 'Decay with the ratio where the advantage is below 0'),
  })
  .check(checkBounds);

type Config = z.output<typeof schema>;

/** Bounds of log-ratios: of tokens, and of sequences from below. */
const mostLogRatio = 20;
const leastLogRatio = Math.log(1e-8);
const leastLambda = 1e-4;

/** phi of each sequence, [R, 1], without gradient. */
function sequenceWeight(config: Config, { batch, advantages }: PolicyTerms): tf.Tensor2D {
  const rollout = rolloutRatio(config, batch);
  return withoutGradient([batch.logps, batch.oldLogps], (logps, oldLogps) => {
    const ofTokens = tf.clipByValue(tf.sub<tf.Tensor2D>(logps, oldLogps), -mostLogRatio, mostLogRatio);
    const correction = rollout === undefined ? undefined : tf.clipByValue(tf.log(rollout), leastLogRatio, mostLogRatio);
    const all = correction === undefined ? ofTokens : tf.add<tf.Tensor2D>(ofTokens, correction);
    const logWeight = tf.clipByValue(sumOverSequence(all, batch), leastLogRatio, mostLogRatio);
    const isGood = tf.greaterEqual<tf.Tensor2D>(advantages, 0);
    const chosen = (pos: number, neg: number): tf.Tensor2D =>
      tf.where<tf.Tensor2D>(isGood, tf.fill([1, 1], pos), tf.fill([1, 1], neg));
    const power = chosen(config.vespo_k_pos, config.vespo_k_neg);
    const decay = tf.maximum<tf.Tensor2D>(chosen(config.vespo_lambda_pos, config.vespo_lambda_neg), leastLambda);
    const falling = tf.mul(decay, tf.sub(1, tf.exp(logWeight)));
    return tf.exp<tf.Tensor2D>(tf.add(falling, tf.mul(power, logWeight)));
  });
}

/** The mean over sequences. One without an active token has a weight of 1, as has padding, which is no sequence. */
function meanWeight(phi: tf.Tensor2D, { batch }: PolicyTerms): MetricSum {
  const { sum, weight } = sequenceMean(tf.sub(phi, 1), batch);
  return { sum: tf.add(sum, batch.counts.rows), weight };
}

/**
 * Variational sequence-level soft policy optimization: -phi A logp of each token, phi = stop(exp(lambda + k ln w - lambda w)), w the ratio
 * of the whole sequence, with the rollout ratios inside; k and lambda by the sign of A. Mean over all tokens of the generation batch.
 */
export const vespo = policyObjective({
  id: 'vespo',
  summary: 'Policy gradient with a smooth weight of each sequence, mean over all tokens of the generation batch',
  source: 'VESPO, arXiv 2602.10693; as in TRL 1.16',
  config: schema,
  holdsRatio: true,
  tokenLoss: (config, terms) => {
    const phi = sequenceWeight(config, terms);
    return {
      value: tf.neg(tf.mul(tf.mul(phi, terms.advantages), terms.batch.logps)),
      metrics: { 'vespo/phi_seq_mean': meanWeight(phi, terms) },
    };
  },
  reduction: () => meanOfGlobalTokens,
  containsRolloutRatio: true,
  // Without rollout ratios every weight is 1 while the policy is the one that sampled; with them it is not.
  countsIdleRows: ({ rollout_correction: correction }) => correction !== 'none',
});
