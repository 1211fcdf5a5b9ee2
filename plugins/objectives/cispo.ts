import { z } from 'zod';
import { indicator, sequenceMean, tokenMean } from '../../core/objective/metricSums.ts';
import { policyObjective } from '../../core/objective/policyObjective.ts';
import { checkBounds, clipOptions, policyOptions } from '../../core/objective/policyOptions.ts';
import type { PolicyTerms } from '../../core/objective/policyTerms.ts';
import { meanOfGlobalTokens } from '../../core/objective/reductions.ts';
import { withoutGradient } from '../../core/tensor/ops/withoutGradient.ts';
import { tf } from '../../core/tensor/tf.ts';

const schema = z
  .strictObject({
    ...policyOptions,
    epsilon: clipOptions.epsilon.describe('Cap of the ratio where epsilon_high is null'),
    epsilon_high: z
      .number()
      .positive()
      .nullable()
      .default(5)
      .describe('Cap of the ratio itself, not of its distance from 1; null: epsilon, as in TRL'),
  })
  .check(checkBounds);

type Config = z.output<typeof schema>;

function capOf({ epsilon, epsilon_high: high }: Config): number {
  return high ?? epsilon;
}

/** The share of tokens, or of sequences where the ratio is theirs, whose weight is capped though it is to grow. */
function cappedShare(cap: number, { ratio, advantages, batch, isPerSequence }: PolicyTerms) {
  const isCapped = tf.logicalAnd<tf.Tensor2D>(tf.greater(ratio, cap), tf.greater(advantages, 0));
  return (isPerSequence ? sequenceMean : tokenMean)(indicator(isCapped), batch);
}

/**
 * Clipped importance-sampling weights: -stop(min(rho, epsilon_high)) A logp of each token, so that no token is dropped from the gradient
 * (MiniMax-M1, equations 4 and 5, without its lower bound). Mean over all tokens of the generation batch. The cap is 5, as ScaleRL (arXiv
 * 2510.13786) recommends; TRL's fallback to epsilon, 0.2, caps nearly every weight.
 */
export const cispo = policyObjective({
  id: 'cispo',
  summary: 'Policy gradient weighted by the capped importance ratio, mean over all tokens of the generation batch',
  source: 'CISPO in MiniMax-M1, arXiv 2506.13585; as in TRL 1.16',
  config: schema,
  holdsRatio: true,
  tokenLoss: (config, terms) => {
    const cap = capOf(config);
    const weight = withoutGradient([terms.ratio], (ratio) => tf.minimum<tf.Tensor2D>(ratio, cap));
    return {
      value: tf.neg(tf.mul(tf.mul(weight, terms.advantages), terms.batch.logps)),
      metrics: { cispo_clip_ratio: cappedShare(cap, terms) },
    };
  },
  reduction: () => meanOfGlobalTokens,
  countsIdleRows: (config) => capOf(config) < 1,
});
