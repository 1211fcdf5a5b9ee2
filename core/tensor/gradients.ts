import { tf } from './tf.ts';

/**
 * Gradients of tfjs that fill arrays with ones in JavaScript, which a symbolic size does not allow, written with ops instead.
 * They hold for every backend.
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
}
