import { matMulNode } from '../kernels/matmul.ts';
import { tf } from '../tf.ts';
import { isTracing } from '../traceBackend.ts';
import { at, emitOne } from './emit.ts';
import { withGradient } from './withGradient.ts';

/**
 * y = x W^T + b in one node. x [tokens, in], W [out, in], b [out] -> [tokens, out].
 * Gradients: dx = dy W, dW = dy^T x, db = sum over tokens of dy.
 */
export function linear(x: tf.Tensor2D, weight: tf.Tensor2D, bias?: tf.Tensor1D): tf.Tensor2D {
  if (bias === undefined) return tf.matMul(x, weight, false, true);
  const y = withGradient(
    [x, weight, bias],
    (x2, w2, b2) => ({
      value: isTracing() ? gemm(x2, w2, b2) : tf.add(tf.matMul(x2, w2, false, true), b2),
      saved: [x2, w2],
    }),
    (dy, [x2, w2]: [tf.Tensor2D, tf.Tensor2D]) => [
      tf.matMul(dy as tf.Tensor2D, w2),
      tf.matMul(dy as tf.Tensor2D, x2, true),
      tf.sum(dy, 0),
    ],
  );
  return y as tf.Tensor2D;
}

function gemm(x: tf.Tensor2D, weight: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor {
  return emitOne([x, weight, bias], (builder, values) => {
    const [xv, wv] = [at(values, 0), at(values, 1)];
    const output = { type: xv.type, shape: [at(xv.shape, 0), at(wv.shape, 0)] };
    return builder.add('Gemm', values, output, { attributes: { transB: { int: 1 } } });
  });
}

/** alpha op(a) op(b) of two matrices, the factor applied inside the product. */
export function scaledMatMul(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  alpha: number,
  transposeA = false,
  transposeB = false,
): tf.Tensor2D {
  if (!isTracing()) return tf.mul(tf.matMul(a, b, transposeA, transposeB), alpha);
  return emitOne([a, b], (builder, values) =>
    matMulNode(builder, at(values, 0), at(values, 1), { transposeA, transposeB, alpha }),
  ) as tf.Tensor2D;
}
