import { tf } from '../tf.ts';
import { isTracing } from '../traceBackend.ts';
import { at, emitOne } from './emit.ts';
import { withGradient } from './withGradient.ts';

/**
 * The gated linear unit of Llama and Qwen (Shazeer, arXiv 2002.05202): silu(gate) * up, silu(g) = g sigmoid(g). All [tokens, features].
 * Gradients: dup = dy silu(g), dgate = dy up (silu(g) + sigmoid(g) (1 - silu(g))).
 */
export function swiGlu(gate: tf.Tensor2D, up: tf.Tensor2D): tf.Tensor2D {
  const y = withGradient(
    [gate, up],
    (g, u) => {
      const activated = silu(g);
      return { value: tf.mul(activated, u), saved: [g, u, activated] };
    },
    (dy, [g, u, activated]: [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]) => {
      const slope = tf.add(activated, tf.mul(tf.sigmoid(g), tf.sub(1, activated)));
      return [tf.mul(tf.mul(dy, u), slope), tf.mul(dy, activated)];
    },
  );
  return y as tf.Tensor2D;
}

function silu(x: tf.Tensor2D): tf.Tensor2D {
  if (!isTracing()) return tf.mul(x, tf.sigmoid(x));
  return emitOne([x], (builder, values) => {
    const { type, shape } = at(values, 0);
    return builder.add(
      'QuickGelu',
      values,
      { type, shape },
      { domain: 'com.microsoft', attributes: { alpha: { float: 1 } } },
    );
  }) as tf.Tensor2D;
}
