import { tf } from '../tf.ts';
import { isTracing } from '../traceBackend.ts';
import { at, emitOne } from './emit.ts';
import { linear, scaledMatMul } from './linear.ts';
import { withGradient } from './withGradient.ts';

/** A frozen weight with a low-rank update: W + s B A. */
export interface LowRank {
  /** W [out, in], frozen: it gets no gradient. */
  readonly weight: tf.Tensor2D;
  /** A [rank, in] */
  readonly a: tf.Tensor2D;
  /** B [out, rank] */
  readonly b: tf.Tensor2D;
  /** s, usually alpha / rank. */
  readonly scaling: number;
}

/**
 * y = x (W + s B A)^T + bias for x [tokens, in] -> [tokens, out]. The sum is formed once, so that forward and input gradient cost one
 * product each; the gradients of A and B go through the rank: with u = x A^T and v = dy B, dA = s v^T x and dB = s dy^T u. The bias gets
 * the sum of dy over tokens, W gets none.
 */
export function lowRankLinear(x: tf.Tensor2D, parts: LowRank, bias?: tf.Tensor1D): tf.Tensor2D {
  const { weight, scaling } = parts;
  const y = withGradient(
    [x, parts.a, parts.b, ...(bias === undefined ? [] : [bias])],
    (x2, a, b, bias2?: tf.Tensor) => {
      const merged = sumOf(weight, a, b, scaling);
      return { value: linear(x2, merged, bias2 as tf.Tensor1D | undefined), saved: [x2, a, b, merged] };
    },
    (dy, [x2, a, b, merged]: [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]) => {
      const dy2 = dy as tf.Tensor2D;
      const u: tf.Tensor2D = tf.matMul(x2, a, false, true);
      const v: tf.Tensor2D = tf.matMul(dy2, b);
      const [da, db] = [scaledMatMul(v, x2, scaling, true), scaledMatMul(dy2, u, scaling, true)];
      return [tf.matMul(dy2, merged), da, db, ...(bias === undefined ? [] : [tf.sum(dy2, 0)])];
    },
  );
  return y as tf.Tensor2D;
}

/** W + s B A, out of place. [out, in] Gradients: dA = s B^T dM, dB = s dM A^T; W gets none. */
export function mergeLowRank({ weight, a, b, scaling }: LowRank): tf.Tensor2D {
  const merged = withGradient(
    [a, b],
    (a2, b2) => ({ value: sumOf(weight, a2, b2, scaling), saved: [a2, b2] }),
    (dm, [a2, b2]: [tf.Tensor2D, tf.Tensor2D]) => [
      scaledMatMul(b2, dm as tf.Tensor2D, scaling, true),
      scaledMatMul(dm as tf.Tensor2D, a2, scaling, false, true),
    ],
  );
  return merged as tf.Tensor2D;
}

function sumOf(weight: tf.Tensor2D, a: tf.Tensor2D, b: tf.Tensor2D, scaling: number): tf.Tensor2D {
  if (!isTracing()) return tf.add(weight, tf.mul(tf.matMul(b, a), scaling));
  return emitOne([b, a, weight], (builder, values) => {
    const { type, shape } = at(values, 2);
    return builder.add('Gemm', values, { type, shape }, { attributes: { alpha: { float: scaling } } });
  }) as tf.Tensor2D;
}
