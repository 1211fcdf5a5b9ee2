import type { ObjectiveState, PolicyBatch } from '../contracts/objective.ts';
import { RlvrError } from '../errors.ts';
import { tf } from '../tensor/tf.ts';
import type { MetricSums } from './metricSums.ts';
import { oncePerMicroBatch } from './metricSums.ts';
import type { PolicyOptions } from './policyOptions.ts';

/** An entropy bonus, to be subtracted from the loss, and what is logged of it. */
export interface EntropyBonus {
  readonly bonus: tf.Scalar;
  readonly metrics: MetricSums;
}

type EntropyOptions = Pick<
  PolicyOptions,
  | 'entropy_coef'
  | 'use_adaptive_entropy'
  | 'entropy_target'
  | 'entropy_coef_delta'
  | 'entropy_coef_min'
  | 'entropy_coef_max'
>;

/** Metric from which the adaptive coefficient is moved: mean entropy of the tokens on which the bonus acts. */
const BONUS_ENTROPY = 'entropy_bonus/entropy';

/**
 * Coefficient times the mean entropy of the active tokens of each micro-batch, averaged over the step's micro-batches. Where only tokens of
 * high entropy take part in the loss (`selected`), the bonus acts on them alone. Undefined where there is no bonus.
 */
export function entropyBonus(
  options: EntropyOptions,
  batch: PolicyBatch,
  selected: tf.Tensor2D | undefined,
): EntropyBonus | undefined {
  if (options.entropy_coef === 0 && !options.use_adaptive_entropy) return undefined;
  const { coefficient, applied } = options.use_adaptive_entropy
    ? adaptiveCoefficient(batch)
    : { coefficient: tf.scalar(options.entropy_coef), applied: tf.scalar(options.entropy_coef) };
  const mask = selected ?? batch.mask;
  const sum = tf.sum<tf.Scalar>(tf.mul(batch.entropies, mask));
  const tokens = tf.sum<tf.Scalar>(mask);
  const mean = tf.div<tf.Scalar>(tf.div(sum, tf.maximum(tokens, 1)), batch.counts.accumulation);
  const logged = { entropy_coef: oncePerMicroBatch(coefficient) };
  return {
    bonus: tf.mul(applied, mean),
    metrics: options.use_adaptive_entropy ? { ...logged, [BONUS_ENTROPY]: { sum, weight: tokens } } : logged,
  };
}

function adaptiveCoefficient(batch: PolicyBatch): { coefficient: tf.Scalar; applied: tf.Scalar } {
  const coefficient = batch.state?.['entropy_coef'];
  const isLow = batch.state?.['entropy_is_low'];
  if (coefficient === undefined || isLow === undefined) {
    throw new RlvrError('training/invariant', 'The adaptive entropy coefficient needs the state of its objective.');
  }
  return { coefficient, applied: tf.mul(coefficient, isLow) };
}

/**
 * The adaptive coefficient of Skywork-OR1 (arXiv 2505.22312): it rises by `entropy_coef_delta` after a step whose entropy was at or
 * below the target and falls by it after any other, and it acts only when the step before was at or below the target.
 */
export const adaptiveEntropyState: ObjectiveState<EntropyOptions> = {
  initial: (options) => (options.use_adaptive_entropy ? { entropy_coef: options.entropy_coef, entropy_is_low: 0 } : {}),
  next(options, state, metrics) {
    if (!options.use_adaptive_entropy) return state;
    const isLow = (metrics[BONUS_ENTROPY] ?? 0) <= options.entropy_target;
    const moved = (state['entropy_coef'] ?? options.entropy_coef) + (isLow ? 1 : -1) * options.entropy_coef_delta;
    const bounded = isLow ? Math.min(moved, options.entropy_coef_max) : Math.max(moved, options.entropy_coef_min);
    return { entropy_coef: bounded, entropy_is_low: isLow ? 1 : 0 };
  },
};
