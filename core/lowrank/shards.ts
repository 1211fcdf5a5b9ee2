import { tf } from '../tensor/tf.ts';

/** How many shards of `rank` columns there are, the last one perhaps cut off. */
function shardCount(inputs: number, rank: number): number {
  return Math.ceil(inputs / rank);
}

/** Sums of the shards of x [tokens, in], zeros after its end: [tokens, rank], the sum over k of x[t, k rank + j]. */
export function shardSums(x: tf.Tensor2D, rank: number): tf.Tensor2D {
  const [tokens, inputs] = x.shape;
  const shards = shardCount(inputs, rank);
  const missing = shards * rank - inputs;
  const whole = missing === 0 ? x : tf.pad(x, [[0, 0], [0, missing]]); // prettier-ignore
  return tf.sum(tf.reshape(whole, [tokens, shards, rank]), 1);
}

/** W [out, in] with M [rank, out] added to every shard of columns: W[o, j] + M[j mod rank, o]. */
export function addShards(weight: tf.Tensor2D, block: tf.Tensor2D): tf.Tensor2D {
  const [out, inputs] = weight.shape;
  const rank = block.shape[0];
  const shards = shardCount(inputs, rank);
  const column = tf.reshape(tf.transpose(block), [out, 1, rank]);
  if (inputs === shards * rank) {
    return tf.reshape(tf.add(tf.reshape(weight, [out, shards, rank]), column), [out, inputs]);
  }
  const repeated = tf.reshape(tf.mul(column, tf.ones([1, shards, 1])), [out, shards * rank]);
  return tf.add(weight, tf.slice(repeated, [0, 0], [out, inputs]));
}
