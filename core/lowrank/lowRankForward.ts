import type { LayerTensors } from '../contracts/adapter.ts';
import { linear } from '../tensor/ops/linear.ts';
import { lowRankLinear, type LowRank } from '../tensor/ops/lowRankLinear.ts';
import { tf } from '../tensor/tf.ts';

/**
 * Output of a linear layer with the update s B A: x (W + s B A)^T + bias, or, where the update sees an input of which some is dropped,
 * x W^T + bias + s (dropout(x) A^T) B^T. x [tokens, in] -> [tokens, out].
 */
export function lowRankForward(
  { bias, dropout }: Pick<LayerTensors<unknown>, 'bias' | 'dropout'>,
  parts: LowRank,
  rate: number,
  x: tf.Tensor2D,
): tf.Tensor2D {
  if (rate === 0) return lowRankLinear(x, parts, bias);
  const inner = tf.mul<tf.Tensor2D>(tf.matMul(dropout(x, rate), parts.a, false, true), parts.scaling);
  return tf.add(linear(x, parts.weight, bias), tf.matMul(inner, parts.b, false, true));
}
