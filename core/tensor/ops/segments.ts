import { tf } from '../tf.ts';
import { isTracing } from '../traceBackend.ts';
import { at, emitOne } from './emit.ts';
import { withGradient } from './withGradient.ts';

/**
 * The first `first` and the last `second` rows of x [first + second, width]; all sizes may be symbolic.
 * Gradient: the gradients of the parts joined. Both parts must be used.
 */
export function splitRows(x: tf.Tensor2D, first: number, second: number): readonly [tf.Tensor2D, tf.Tensor2D] {
  if (!isTracing()) return tf.split(x, [first, second]) as [tf.Tensor2D, tf.Tensor2D];
  return tf.engine().runKernel('SplitRows', { x }, { first, second, rows: x.shape[0] }) as unknown as [
    tf.Tensor2D,
    tf.Tensor2D,
  ];
}

/** a [n, width] above b [m, width] -> [rows, width], rows = n + m. Gradient: the two parts. */
export function joinRows(a: tf.Tensor2D, b: tf.Tensor2D, rows: number): tf.Tensor2D {
  const [first, second] = [a.shape[0], b.shape[0]];
  return withGradient(
    [a, b],
    (a2, b2) => ({ value: concatRows(a2, b2, rows), saved: [] }),
    (dy) => splitRows(dy as tf.Tensor2D, first, second),
  ) as tf.Tensor2D;
}

/** joinRows without a gradient. */
export function concatRows(a: tf.Tensor2D, b: tf.Tensor2D, rows: number): tf.Tensor2D {
  if (!isTracing()) return tf.concat([a, b], 0);
  return emitOne([a, b], (builder, values) => {
    const { type, shape } = at(values, 0);
    return builder.add(
      'Concat',
      values,
      { type, shape: [rows, ...shape.slice(1)] },
      { attributes: { axis: { int: 0 } } },
    );
  }) as tf.Tensor2D;
}
