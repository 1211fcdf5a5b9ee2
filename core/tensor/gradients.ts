import { concatRows } from './ops/segments.ts';
import { tf } from './tf.ts';

/**
 * Gradients of tfjs that fill arrays with ones in JavaScript, which a symbolic size does not allow, written with ops instead (they hold for
 * every backend), and those of the tracing backend's own kernels.
 */
export function registerTraceableGradients(): void {
  tf.registerGradient({
    kernelName: tf.Sum,
    inputsToSave: ['x'],
    gradFunc: (dy, saved, attributes) => {
      const [x] = saved;
      if (x === undefined || Array.isArray(dy)) throw new TypeError('Sum has one input and one output');
      const axes = tf.util.parseAxisParam(attributes['axis'] as number | number[], x.shape);
      const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
      return { x: () => tf.broadcastTo(tf.reshape(dy, kept), x.shape) };
    },
  });
  tf.registerGradient({
    kernelName: 'SplitRows',
    gradFunc: (dys, _saved, attributes) => {
      const [first, second] = dys as unknown as [tf.Tensor2D, tf.Tensor2D];
      return { x: () => concatRows(first, second, attributes['rows'] as number) };
    },
  });
}
