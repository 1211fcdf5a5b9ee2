import { tf } from '../tensor/tf.ts';
import { LARGEST_FLOAT32 } from './float32.ts';

/** Halvings of the interval: from the spread of any entropies to less than the distance of neighbouring float32 values. */
const HALVINGS = 56;

function countAtMost(values: tf.Tensor2D, bound: tf.Scalar): tf.Scalar {
  return tf.sum(tf.cast(tf.lessEqual(values, bound), 'float32'));
}

/** The smallest of `values` above `bound`. */
function nextAbove(values: tf.Tensor2D, bound: tf.Scalar): tf.Scalar {
  return tf.min(tf.where(tf.greater(values, bound), values, tf.fill([1, 1], LARGEST_FLOAT32)));
}

/**
 * The value at place `index`, counted from 0 and the smallest, of the values at which `mask` is 1. Arbitrary when there are none.
 *
 * It counts instead of sorting, because while a graph is traced the number of values is not known: halving an interval by how many
 * values lie in its lower part ends at the wanted one, exactly.
 */
export function orderStatistic(values: tf.Tensor2D, mask: tf.Tensor2D, index: tf.Scalar): tf.Scalar {
  const isActive = tf.greater<tf.Tensor2D>(mask, 0);
  const active = tf.where<tf.Tensor2D>(isActive, values, tf.fill([1, 1], LARGEST_FLOAT32));
  let low = tf.sub<tf.Scalar>(tf.min<tf.Scalar>(active), 1);
  let high = tf.max<tf.Scalar>(tf.where(isActive, values, tf.fill([1, 1], -LARGEST_FLOAT32)));
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = tf.mul<tf.Scalar>(tf.add(low, high), 0.5);
    const isBelow = tf.greater(countAtMost(active, middle), index);
    high = tf.where<tf.Scalar>(isBelow, middle, high);
    low = tf.where<tf.Scalar>(isBelow, low, middle);
  }
  return nextAbove(active, low);
}

/**
 * The q-quantile, linearly interpolated, of the values at which `mask` is 1; `count` is how many these are. Arbitrary when there are none.
 */
export function maskedQuantile(values: tf.Tensor2D, mask: tf.Tensor2D, count: tf.Scalar, q: number): tf.Scalar {
  const position = tf.mul<tf.Scalar>(tf.scalar(q), tf.sub(count, 1));
  const index = tf.floor<tf.Scalar>(position);
  const lower = orderStatistic(values, mask, index);
  const active = tf.where<tf.Tensor2D>(tf.greater(mask, 0), values, tf.fill([1, 1], LARGEST_FLOAT32));
  const isRepeated = tf.greater(countAtMost(active, lower), tf.add(index, 1));
  const upper = tf.where<tf.Scalar>(isRepeated, lower, nextAbove(active, lower));
  return tf.add(lower, tf.mul(tf.sub(position, index), tf.sub(upper, lower)));
}
