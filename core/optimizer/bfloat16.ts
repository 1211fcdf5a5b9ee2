import { tf } from '../tensor/tf.ts';

/** 2^16 + 1: the sum and difference with this multiple leave the upper 8 of float32's 24 digits (T. J. Dekker, 1971). */
const SPLIT = 65537;

/** Values rounded to bfloat16's 8 binary digits, kept in float32. */
export function roundedToBfloat16<T extends tf.Tensor>(values: T): T {
  const wide = tf.mul<T>(values, SPLIT);
  return tf.sub(wide, tf.sub<T>(wide, values));
}
