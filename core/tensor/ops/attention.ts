import { matMulNode } from '../kernels/matmul.ts';
import { tf } from '../tf.ts';
import { isTracing } from '../traceBackend.ts';
import { at, emitOne } from './emit.ts';
import { withGradient } from './withGradient.ts';

/**
 * softmax(scale Q K^T + bias) V with grouped queries. Q [rows, heads, queries, dim], K and V [rows, keyHeads, keys, dim],
 * bias broadcast to [rows, heads, queries, keys] and given no gradient. Returns [rows, heads, queries, dim].
 * Gradients, with P the softmax and O the output: dV = P^T dO, dS = P (dO V^T - rowsum(dO O)), dQ = scale dS K, dK = scale dS^T Q.
 */
export function attention(q: tf.Tensor4D, k: tf.Tensor4D, v: tf.Tensor4D, bias: tf.Tensor, scale: number): tf.Tensor4D {
  const [rows, heads, queries, dim] = q.shape;
  const [, keyHeads, keys] = k.shape;
  const perKeyHead = heads / keyHeads;
  const grouped = (x: tf.Tensor, last: number): tf.Tensor4D =>
    tf.reshape(x, [rows, keyHeads, perKeyHead * queries, last]);
  const perHead = (x: tf.Tensor, last: number): tf.Tensor4D => tf.reshape(x, [rows, heads, queries, last]);
  const output = withGradient(
    [q, k, v],
    (q2, k2, v2) => {
      const scores = perHead(scaledBatchMatMul(grouped(q2, dim), k2, scale, false, true), keys);
      const weights = grouped(tf.softmax(tf.add(scores, bias)), keys);
      const o: tf.Tensor4D = tf.matMul(weights, v2);
      return { value: perHead(o, dim), saved: [q2, k2, v2, weights, o] };
    },
    (dy, [q2, k2, v2, weights, o]: [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]) => {
      const dO = grouped(dy, dim);
      const dV = tf.matMul(weights, dO, true);
      const correction = tf.sum(tf.mul(dO, o), -1, true);
      const dS: tf.Tensor4D = tf.mul(weights, tf.sub(tf.matMul(dO, v2, false, true), correction));
      const dQ = perHead(scaledBatchMatMul(dS, k2, scale), dim);
      return [dQ, scaledBatchMatMul(dS, grouped(q2, dim), scale, true), dV];
    },
  );
  return output as tf.Tensor4D;
}

function scaledBatchMatMul(
  a: tf.Tensor4D,
  b: tf.Tensor4D,
  alpha: number,
  transposeA = false,
  transposeB = false,
): tf.Tensor4D {
  if (!isTracing()) return tf.mul(tf.matMul(a, b, transposeA, transposeB), alpha);
  return emitOne([a, b], (builder, values) =>
    matMulNode(builder, at(values, 0), at(values, 1), { transposeA, transposeB, alpha }),
  ) as tf.Tensor4D;
}
