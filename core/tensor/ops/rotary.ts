import { castNode } from '../kernels/elementwise.ts';
import { tf } from '../tf.ts';
import { isTracing } from '../traceBackend.ts';
import { at, emitOne } from './emit.ts';
import { withGradient } from './withGradient.ts';

/** Cosines and sines by position, [positions, headDim / 2] each. */
export interface RotaryTable {
  readonly cos: tf.Tensor2D;
  readonly sin: tf.Tensor2D;
}

/**
 * Rotary position embedding (Su et al., arXiv 2104.09864), halves convention: each head's pair (x_i, x_{i + d/2}) is turned by its
 * position's angle. x [tokens, heads * headDim], positions [tokens] int32. The gradient turns back: the same op with -sin.
 */
export function rotary(x: tf.Tensor2D, positions: tf.Tensor1D, table: RotaryTable): tf.Tensor2D {
  const y = withGradient(
    [x],
    (x2) => ({ value: rotate(x2, positions, table), saved: [] }),
    (dy) => [rotate(dy as tf.Tensor2D, positions, { cos: table.cos, sin: tf.neg(table.sin) })],
  );
  return y as tf.Tensor2D;
}

function rotate(x: tf.Tensor2D, positions: tf.Tensor1D, table: RotaryTable): tf.Tensor2D {
  return isTracing() ? traced(x, positions, table) : composed(x, positions, table);
}

function traced(x: tf.Tensor2D, positions: tf.Tensor1D, { cos, sin }: RotaryTable): tf.Tensor2D {
  return emitOne([x, positions, cos, sin], (builder, values) => {
    const [xv, pv] = [at(values, 0), at(values, 1)];
    // Every token is a sequence of its own: the op refuses sequences longer than its table.
    const axes = builder.int64s([1]);
    const apart = builder.add('Unsqueeze', [xv, axes], { type: xv.type, shape: [at(xv.shape, 0), 1, at(xv.shape, 1)] });
    const wide = builder.add('Unsqueeze', [castNode(builder, pv, 'int64'), axes], {
      type: 'int64',
      shape: [...pv.shape, 1],
    });
    const operands = [apart, wide, at(values, 2), at(values, 3)];
    const turned = builder.add(
      'RotaryEmbedding',
      operands,
      { type: xv.type, shape: apart.shape },
      { domain: 'com.microsoft' },
    );
    return builder.add('Squeeze', [turned, axes], { type: xv.type, shape: xv.shape });
  }) as tf.Tensor2D;
}

function composed(x: tf.Tensor2D, positions: tf.Tensor1D, table: RotaryTable): tf.Tensor2D {
  const half = at(table.cos.shape, 1);
  const [tokens, width] = x.shape;
  const heads = tf.reshape(x, [tokens, width / (2 * half), 2, half]);
  const cos = tf.reshape(tf.gather(table.cos, positions), [tokens, 1, half]);
  const sin = tf.reshape(tf.gather(table.sin, positions), [tokens, 1, half]);
  const [first, second] = tf.unstack(heads, 2) as [tf.Tensor, tf.Tensor];
  const turned = [tf.sub(tf.mul(first, cos), tf.mul(second, sin)), tf.add(tf.mul(second, cos), tf.mul(first, sin))];
  return tf.reshape(tf.stack(turned, 2), [tokens, width]);
}
