import { z } from 'zod';
import type { PolicyBatch } from '../../core/contracts/objective.ts';
import { RlvrError } from '../../core/errors.ts';
import { evenlyChosen, shareOfTokens } from '../../core/objective/chooseTokens.ts';
import { clippedSurrogate } from '../../core/objective/clippedSurrogate.ts';
import { tokenCovariance } from '../../core/objective/covariance.ts';
import { adaptiveEntropyState } from '../../core/objective/entropyBonus.ts';
import { indicator, tokenMean } from '../../core/objective/metricSums.ts';
import { policyObjective } from '../../core/objective/policyObjective.ts';
import { checkBounds, clipOptions, policyOptions } from '../../core/objective/policyOptions.ts';
import type { PolicyTerms } from '../../core/objective/policyTerms.ts';
import { reductionOption } from '../../core/objective/reductionOption.ts';
import { reductions } from '../../core/objective/reductions.ts';
import { withoutGradient } from '../../core/tensor/ops/withoutGradient.ts';
import { tf } from '../../core/tensor/tf.ts';

const schema = z
  .strictObject({
    ...clipOptions,
    ...policyOptions,
    ...reductionOption,
    importance_sampling_level: z.literal('token').default('token').describe('One ratio per token: tokens are chosen'),
    clip_cov_ratio: z
      .number()
      .positive()
      .max(1)
      .default(2e-4)
      .describe('Share of the tokens that is taken out, at least one'),
    clip_cov_lb: z.number().default(1).describe('Only tokens whose covariance is above this are taken out'),
    clip_cov_ub: z.number().default(5).describe('Only tokens whose covariance is below this are taken out'),
  })
  .check(checkBounds);

type Config = z.output<typeof schema>;

/** How far the phase of the choice moves in a step: the golden ratio's fraction, which visits all phases evenly. */
const phaseStep = (Math.sqrt(5) - 1) / 2;

/** 1 for the tokens that are taken out of the loss, without gradient, [R, T]. */
function takenOut(config: Config, terms: PolicyTerms): tf.Tensor2D {
  const { batch } = terms;
  const [low, high] = [1 - config.epsilon, 1 + (config.epsilon_high ?? config.epsilon)];
  const covariance = tokenCovariance(terms);
  return withoutGradient([terms.ratio], (ratio) => {
    const isClippedLow = tf.logicalAnd<tf.Tensor2D>(tf.less(ratio, low), tf.less(terms.advantages, 0));
    const isClippedHigh = tf.logicalAnd<tf.Tensor2D>(tf.greater(ratio, high), tf.greater(terms.advantages, 0));
    const isMoving = tf.logicalNot<tf.Tensor2D>(tf.logicalOr(isClippedLow, isClippedHigh));
    const isBetween = tf.logicalAnd<tf.Tensor2D>(
      tf.greater(covariance, config.clip_cov_lb),
      tf.less(covariance, config.clip_cov_ub),
    );
    const candidates = tf.mul<tf.Tensor2D>(indicator(tf.logicalAnd(isMoving, isBetween)), batch.mask);
    return evenlyChosen(candidates, shareOfTokens(config.clip_cov_ratio, batch.counts.localTokens), phaseOf(batch));
  });
}

function phaseOf({ state }: PolicyBatch): tf.Scalar {
  const phase = state?.['phase'];
  if (phase === undefined)
    throw new RlvrError('training/invariant', 'The choice of tokens needs the state of its objective.');
  return phase;
}

/**
 * Clip-Cov (equation 14): the clipped surrogate without a few of the tokens whose covariance of advantage and log-probability lies between
 * two bounds, which keeps the policy's entropy up. Covariances are of a micro-batch. verl picks the tokens by chance; here they are spread
 * evenly over the candidates, from a place that moves on with every step, so that a run can be repeated exactly.
 */
export const clipCov = policyObjective({
  id: 'clip_cov',
  summary: 'Clipped surrogate without a few of the tokens that take most entropy',
  source: 'The entropy mechanism, arXiv 2505.22617; as policy loss clip_cov of verl (verl/trainer/ppo/core_algos.py)',
  config: schema,
  tokenLoss: (config, terms) => {
    const surrogate = clippedSurrogate(config, terms);
    const out = takenOut(config, terms);
    return {
      value: tf.mul(surrogate.value, tf.sub(1, out)),
      metrics: { ...surrogate.metrics, 'clip_cov/out_mean': tokenMean(out, terms.batch) },
    };
  },
  reduction: ({ reduction }) => reductions[reduction],
  countsIdleRows: () => true,
  state: {
    initial: (config) => ({ ...adaptiveEntropyState.initial(config), phase: 0 }),
    next: (config, state, metrics) => ({
      ...adaptiveEntropyState.next(config, state, metrics),
      phase: ((state['phase'] ?? 0) + phaseStep) % 1,
    }),
  },
});
