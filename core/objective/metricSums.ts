import type { ObjectiveResult, PolicyBatch } from '../contracts/objective.ts';
import { tf } from '../tensor/tf.ts';

/** Metrics of one micro-batch as sums with their weights, by name. */
export type MetricSums = ObjectiveResult['metrics'];

/** One metric of a micro-batch. */
export type MetricSum = MetricSums[string];

/** Sum of x [R, T] over the active tokens. */
export function tokenSum(x: tf.Tensor2D, batch: PolicyBatch): tf.Scalar {
  return tf.sum(tf.mul(x, batch.mask));
}

/** The mean of x [R, T] over active tokens; 0 where there is none. */
export function tokenMean(x: tf.Tensor2D, batch: PolicyBatch): MetricSum {
  return { sum: tokenSum(x, batch), weight: tf.maximum(batch.counts.localTokens, 1) };
}

/** The mean of x [R, 1] over sequences, those without an active token included. */
export function sequenceMean(x: tf.Tensor2D, batch: PolicyBatch): MetricSum {
  return { sum: tf.sum(x), weight: tf.maximum(batch.counts.rows, 1) };
}

/** A value that counts once for each micro-batch. */
export function oncePerMicroBatch(sum: tf.Scalar): MetricSum {
  return { sum, weight: tf.scalar(1) };
}

/** Active tokens of each sequence, [R, 1]. */
export function tokensPerSequence(batch: PolicyBatch): tf.Tensor2D {
  return tf.sum(batch.mask, 1, true);
}

/** 1 where `condition` holds, else 0, in the condition's shape. */
export function indicator(condition: tf.Tensor2D): tf.Tensor2D {
  return tf.cast(condition, 'float32');
}
