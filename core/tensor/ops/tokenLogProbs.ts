import { tf } from '../tf.ts';
import { isTracing } from '../traceBackend.ts';
import { at, emitOne } from './emit.ts';
import { withGradient } from './withGradient.ts';

/**
 * Log-probability of one token per row under softmax(logits). logits [tokens, vocabulary], ids [tokens] int32 -> [tokens].
 * Gradient: dlogits = dy (onehot(ids) - softmax(logits)).
 */
export function tokenLogProbs(logits: tf.Tensor2D, ids: tf.Tensor1D): tf.Tensor1D {
  const picked = withGradient(
    [logits],
    (z) => {
      const logProbs = logSoftmax(z);
      return { value: pick(logProbs, ids), saved: [logProbs] };
    },
    (dy, [logProbs]: [tf.Tensor2D]) => {
      const hit = tf.oneHot(ids, at(logProbs.shape, 1));
      return [tf.mul(tf.expandDims(dy, 1), tf.sub(hit, tf.exp(logProbs)))];
    },
  );
  return picked as tf.Tensor1D;
}

/**
 * Entropy of softmax(logits) per row, in nats. [tokens, vocabulary] -> [tokens].
 * Gradient: dlogits = -dy p (log p + H).
 */
export function entropyOf(logits: tf.Tensor2D): tf.Tensor1D {
  const value = withGradient(
    [logits],
    (z) => {
      const logProbs = logSoftmax(z);
      const entropy: tf.Tensor1D = tf.neg(tf.sum(tf.mul(tf.exp(logProbs), logProbs), 1));
      return { value: entropy, saved: [logProbs, entropy] };
    },
    (dy, [logProbs, entropy]: [tf.Tensor2D, tf.Tensor1D]) => {
      const slope = tf.mul(tf.exp(logProbs), tf.add(logProbs, tf.expandDims(entropy, 1)));
      return [tf.neg(tf.mul(tf.expandDims(dy, 1), slope))];
    },
  );
  return value as tf.Tensor1D;
}

/** log(softmax(x)) over the last axis, in one node: tf.logSoftmax is composed of six. */
export function logSoftmax<T extends tf.Tensor>(x: T): T {
  if (!isTracing()) return tf.logSoftmax(x);
  return tf.engine().runKernel(tf.LogSoftmax, { logits: x }, { axis: -1 }) as unknown as T;
}

/** The value of each row at its index. x [rows, columns], indices [rows] int32 -> [rows]. */
export function pick(x: tf.Tensor2D, indices: tf.Tensor1D): tf.Tensor1D {
  if (!isTracing()) return tf.sum(tf.mul(x, tf.oneHot(indices, at(x.shape, 1))), 1);
  return emitOne([x, indices], (builder, values) => {
    const [xv, iv] = [at(values, 0), at(values, 1)];
    const axes = builder.int64s([1]);
    const column = builder.add('Unsqueeze', [iv, axes], { type: iv.type, shape: [...iv.shape, 1] });
    const picked = builder.add(
      'GatherElements',
      [xv, column],
      { type: xv.type, shape: column.shape },
      { attributes: { axis: { int: 1 } } },
    );
    return builder.add('Squeeze', [picked, axes], { type: xv.type, shape: iv.shape });
  }) as tf.Tensor1D;
}
