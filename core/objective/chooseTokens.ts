import { tf } from '../tensor/tf.ts';
import { indicator } from './metricSums.ts';
import { orderStatistic } from './quantile.ts';

/** How many of the tokens up to and including each one are chosen, row after row, [R, T]. `chosen` is 1 or 0. */
function runningCount(chosen: tf.Tensor2D): tf.Tensor2D {
  const rows = tf.sum<tf.Tensor2D>(chosen, 1, true);
  return tf.add(tf.cumsum<tf.Tensor2D>(chosen, 1), tf.cumsum(rows, 0, true));
}

/** max(floor(share tokens), 1). */
export function shareOfTokens(share: number, tokens: tf.Scalar): tf.Scalar {
  return tf.maximum(tf.floor(tf.mul(tokens, share)), 1);
}

/**
 * 1 for `count` of the candidates, all of them where there are fewer, spread evenly over them, [R, T]. `phase`, from 0 to 1, says where
 * it begins: over all phases every candidate is chosen equally often (systematic sampling).
 */
export function evenlyChosen(candidates: tf.Tensor2D, count: tf.Scalar, phase: tf.Scalar): tf.Tensor2D {
  const total = tf.maximum<tf.Scalar>(tf.sum(candidates), 1);
  const places = runningCount(candidates);
  // The share per candidate is applied to whole numbers of them, so that the last place gives the count but for rounding.
  const reached = (place: tf.Tensor2D): tf.Tensor2D =>
    tf.floor(tf.add(tf.div(tf.mul(place, tf.minimum(count, total)), total), phase));
  return tf.mul(indicator(tf.greater(reached(places), reached(tf.sub(places, 1)))), candidates);
}

/**
 * 1 for the `count` largest of the values where `mask` is 1, [R, T]; among equal ones the first, row after row. `active` is how many the
 * mask has; where it has fewer than `count`, all are chosen.
 */
export function largestChosen(
  values: tf.Tensor2D,
  mask: tf.Tensor2D,
  active: tf.Scalar,
  count: tf.Scalar,
): tf.Tensor2D {
  const place = tf.maximum<tf.Scalar>(tf.sub(active, count), 0);
  const least = orderStatistic(values, mask, place);
  const above = tf.mul<tf.Tensor2D>(indicator(tf.greater(values, least)), mask);
  const equal = tf.mul<tf.Tensor2D>(indicator(tf.equal(values, least)), mask);
  const room = tf.sub(count, tf.sum(above));
  return tf.add(above, tf.mul(equal, indicator(tf.lessEqual(runningCount(equal), room))));
}
