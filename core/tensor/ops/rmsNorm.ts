import { tf } from '../tf.ts';
import { isTracing } from '../traceBackend.ts';
import { at, emit } from './emit.ts';
import { withGradient } from './withGradient.ts';

/**
 * Root-mean-square normalisation over the last axis (Zhang and Sennrich, arXiv 1910.07467): y = w x r, r = 1 / sqrt(mean(x^2) + epsilon).
 * x [..., features], w [features].
 * Gradients, with g = dy w: dx = r g - x r^3 mean(g x), dw = sum over all but the last axis of dy x r.
 */
export function rmsNorm<T extends tf.Tensor>(x: T, weight: tf.Tensor1D, epsilon: number): T {
  const output = withGradient(
    [x as tf.Tensor, weight],
    (x2, w) => {
      const { y, inverse } = isTracing() ? traced(x2, w, epsilon) : composed(x2, w, epsilon);
      return { value: y, saved: [x2, w, inverse] };
    },
    (dy, [x2, w, r]: [tf.Tensor, tf.Tensor1D, tf.Tensor]) => {
      const g = tf.mul(dy, w);
      const meanGx = tf.mul(tf.sum(tf.mul(g, x2), -1, true), 1 / at(w.shape, 0));
      const dx = tf.sub(tf.mul(g, r), tf.mul(x2, tf.mul(meanGx, tf.mul(r, tf.square(r)))));
      const leading = x2.shape.slice(0, -1).map((_, axis) => axis);
      return [dx, tf.sum(tf.mul(dy, tf.mul(x2, r)), leading)];
    },
  );
  return output as T;
}

function composed(x: tf.Tensor, weight: tf.Tensor1D, epsilon: number): { y: tf.Tensor; inverse: tf.Tensor } {
  const meanSquare = tf.mul(tf.sum(tf.square(x), -1, true), 1 / at(weight.shape, 0));
  const inverse = tf.rsqrt(tf.add(meanSquare, epsilon));
  return { y: tf.mul(tf.mul(x, inverse), weight), inverse };
}

function traced(x: tf.Tensor, weight: tf.Tensor1D, epsilon: number): { y: tf.Tensor; inverse: tf.Tensor } {
  const [y, inverse] = emit([x, weight], (builder, values) => {
    const { type, shape } = at(values, 0);
    const outputs = [
      { type, shape },
      { type, shape: [...shape.slice(0, -1), 1] },
    ];
    return builder.addMulti('SimplifiedLayerNormalization', values, outputs, {
      attributes: { axis: { int: -1 }, epsilon: { float: epsilon } },
    });
  });
  return { y: y as tf.Tensor, inverse: inverse as tf.Tensor };
}
