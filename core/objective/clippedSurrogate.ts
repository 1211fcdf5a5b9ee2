import { tf } from '../tensor/tf.ts';
import { LARGEST_FLOAT32 } from './float32.ts';
import type { MetricSum, MetricSums } from './metricSums.ts';
import { indicator, oncePerMicroBatch, sequenceMean, tokenMean, tokensPerSequence } from './metricSums.ts';
import type { ClippedPolicyConfig } from './policyOptions.ts';
import type { PolicyTerms } from './policyTerms.ts';

/** Losses before masks, weights and the KL, with metrics of their own. */
export interface TokenLoss {
  /** [R, T], or [R, 1] when the ratio is per sequence. */
  readonly value: tf.Tensor2D;
  readonly metrics: MetricSums;
}

/** Bounds of the ratio. `delta` is read where it is there. */
export type ClipOptions = Pick<ClippedPolicyConfig, 'epsilon' | 'epsilon_high'> &
  Partial<Pick<ClippedPolicyConfig, 'delta'>>;

/**
 * -min(min(rho, delta) A, clip(rho, 1 - epsilon, 1 + epsilon_high) A): PPO's surrogate with DAPO's two bounds (arXiv 2503.14476, eq. 10)
 * and the dual bound of INTELLECT-2 (arXiv 2505.07291), which only caps the unclipped branch.
 */
export function clippedSurrogate(options: ClipOptions, terms: PolicyTerms): TokenLoss {
  const low = 1 - options.epsilon;
  const high = 1 + (options.epsilon_high ?? options.epsilon);
  const { ratio, advantages } = terms;
  const clipped = tf.clipByValue(ratio, low, high);
  const capped = typeof options.delta === 'number' ? tf.clipByValue(ratio, -LARGEST_FLOAT32, options.delta) : ratio;
  const surrogate = tf.minimum<tf.Tensor2D>(tf.mul(capped, advantages), tf.mul(clipped, advantages));
  return { value: tf.neg(surrogate), metrics: clipMetrics(terms, capped, low, high) };
}

/** Shares whose `ratio` lies beyond its bounds and is clipped, of tokens or, with a ratio per sequence, of sequences. */
export function clipMetrics(terms: PolicyTerms, ratio: tf.Tensor2D, low: number, high: number): MetricSums {
  const isLow = tf.logicalAnd<tf.Tensor2D>(tf.less(ratio, low), tf.less(terms.advantages, 0));
  const isHigh = tf.logicalAnd<tf.Tensor2D>(tf.greater(ratio, high), tf.greater(terms.advantages, 0));
  const mean = terms.isPerSequence ? sequenceMean : tokenMean;
  return {
    'clip_ratio/low_mean': mean(indicator(isLow), terms.batch),
    'clip_ratio/high_mean': mean(indicator(isHigh), terms.batch),
    'clip_ratio/region_mean': mean(indicator(tf.logicalOr(isLow, isHigh)), terms.batch),
    'clip_ratio/low_min': extreme(terms, indicator(isLow), 'min'),
    'clip_ratio/high_max': extreme(terms, indicator(isHigh), 'max'),
  };
}

/**
 * The smallest or largest share of a sequence. Sequences without an active token have none; a micro-batch of such sequences alone
 * counts with weight 0.
 */
function extreme(terms: PolicyTerms, clipped: tf.Tensor2D, kind: 'min' | 'max'): MetricSum {
  const reduce = kind === 'min' ? tf.min : tf.max;
  if (terms.isPerSequence) return oncePerMicroBatch(reduce(clipped));
  const { batch } = terms;
  const tokens = tokensPerSequence(batch);
  const share = tf.div<tf.Tensor2D>(tf.sum(tf.mul(clipped, batch.mask), 1, true), tf.maximum(tokens, 1));
  const isEmpty = indicator(tf.equal(tokens, 0));
  // Shares lie in [0, 1]: shifted by 2 an empty sequence is never the extreme unless there is no other.
  const sum = reduce<tf.Scalar>(tf.add(share, tf.mul(isEmpty, kind === 'min' ? 2 : -2)));
  const weight = tf.minimum<tf.Scalar>(batch.counts.localTokens, 1);
  return { sum: tf.mul(sum, weight), weight };
}
