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

/** `whole + part`, `part` in [0, 1). */
interface Position {
  readonly whole: tf.Scalar;
  readonly part: tf.Scalar;
}

/** Moves what a sum of two parts has above 1 to the whole; taken off before the sum, so that a small rest is not rounded away. */
function joined(a: Position, b: Position): Position {
  const isCarried = tf.greaterEqual(tf.add(a.part, b.part), 1);
  const carry = tf.where<tf.Scalar>(isCarried, tf.scalar(1), tf.scalar(0));
  return {
    whole: tf.add(tf.add(a.whole, b.whole), carry),
    part: tf.add(tf.sub(a.part, carry), b.part),
  };
}

/**
 * q (count - 1), q as float32, exactly: in products of few bits, as torch gets it in float64. Where it is a whole number but for the
 * rounding of q (0.4 of 15), that decides whether the value at this place is above the quantile.
 */
function positionOf(q: number, count: tf.Scalar): Position {
  const rounded = Math.fround(q);
  const high = Math.floor(rounded * 256) / 256;
  const middle = Math.floor((rounded - high) * 65536) / 65536;
  const last = tf.sub<tf.Scalar>(count, 1);
  return [high, middle, rounded - high - middle]
    .map((factor): Position => {
      const product = tf.mul<tf.Scalar>(tf.scalar(factor), last);
      const whole = tf.floor<tf.Scalar>(product);
      return { whole, part: tf.sub(product, whole) };
    })
    .reduce(joined);
}

/** Between two values as torch's lerp: from the nearer one. */
function between(lower: tf.Scalar, upper: tf.Scalar, part: tf.Scalar): tf.Scalar {
  const distance = tf.sub<tf.Scalar>(upper, lower);
  const fromBelow = tf.add<tf.Scalar>(lower, tf.mul(part, distance));
  const fromAbove = tf.sub<tf.Scalar>(upper, tf.mul(distance, tf.sub(1, part)));
  return tf.where(tf.less(part, 0.5), fromBelow, fromAbove);
}

/**
 * The q-quantile, linearly interpolated, of the values at which `mask` is 1; `count` is how many these are. Arbitrary when there are none.
 */
export function maskedQuantile(values: tf.Tensor2D, mask: tf.Tensor2D, count: tf.Scalar, q: number): tf.Scalar {
  const { whole: index, part } = positionOf(q, count);
  const lower = orderStatistic(values, mask, index);
  const active = tf.where<tf.Tensor2D>(tf.greater(mask, 0), values, tf.fill([1, 1], LARGEST_FLOAT32));
  const isRepeated = tf.greater(countAtMost(active, lower), tf.add(index, 1));
  const upper = tf.where<tf.Scalar>(isRepeated, lower, nextAbove(active, lower));
  return between(lower, upper, part);
}
