import { concatRows } from './ops/segments.ts';
import { tf } from './tf.ts';
import { isTracing } from './traceBackend.ts';

/**
 * Gradients in place of those of tfjs that are wrong (Cumsum along an axis that is not the last; Maximum, Minimum and SquaredDifference
 * where they broadcast) or fill arrays and count repetitions in JavaScript, which a symbolic size does not allow. They hold for every
 * backend. And those of the tracing backend's own kernels.
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
    kernelName: tf.Mean,
    inputsToSave: ['x'],
    gradFunc: (dy, saved, attributes) => {
      const [x] = saved;
      if (x === undefined || Array.isArray(dy)) throw new TypeError('Mean has one input and one output');
      const axes = tf.util.parseAxisParam(attributes['axis'] as number | number[], x.shape);
      const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
      // Counted when the graph runs, because a size may be symbolic.
      const count = (): tf.Tensor => tf.sum(tf.onesLike(x), axes, true);
      return { x: () => tf.broadcastTo(tf.div(tf.reshape(dy, kept), count()), x.shape) };
    },
  });
  tf.registerGradient({
    kernelName: tf.Tile,
    inputsToSave: ['x'],
    gradFunc: (dy, saved, attributes) => {
      const [x] = saved;
      if (x === undefined || Array.isArray(dy)) throw new TypeError('Tile has one input and one output');
      // tfjs slices repetition by repetition; here each tiled axis becomes two, and the repetitions are summed.
      const reps = attributes['reps'] as readonly number[];
      const split = x.shape.flatMap((size, axis) => (reps[axis] === 1 ? [size] : [reps[axis] ?? 1, size]));
      const summed = reps.flatMap((rep, axis) =>
        rep === 1 ? [] : [axis + reps.slice(0, axis).filter((other) => other !== 1).length],
      );
      return { x: () => tf.reshape(tf.sum(tf.reshape(dy, split), summed), x.shape) };
    },
  });
  tf.registerGradient({
    kernelName: tf.UnsortedSegmentSum,
    inputsToSave: ['segmentIds'],
    gradFunc: (dy, saved) => {
      const [ids] = saved;
      if (ids === undefined || Array.isArray(dy)) throw new TypeError('UnsortedSegmentSum has one output');
      // Rows with a negative id are in no segment.
      const isUsed = tf.cast(tf.greaterEqual(ids, tf.scalar(0, 'int32')), 'float32');
      const rows = tf.gather(dy, tf.maximum<tf.Tensor1D>(ids, tf.scalar(0, 'int32')));
      return { x: () => tf.mul(rows, tf.reshape(isUsed, [...ids.shape, ...dy.shape.slice(1).map(() => 1)])) };
    },
  });
  tf.registerGradient({
    kernelName: tf.Cumsum,
    inputsToSave: [],
    gradFunc: (dy, _saved, attributes) => {
      if (Array.isArray(dy)) throw new TypeError('Cumsum has one output');
      const { axis, exclusive, reverse } = attributes as unknown as tf.CumsumAttrs;
      return { x: () => tf.cumsum(dy, axis, exclusive, !reverse) };
    },
  });
  registerBroadcasting(tf.Maximum, (dy, a, b) => {
    const isFirst = tf.cast(tf.greaterEqual(a, b), 'float32');
    return [tf.mul(dy, isFirst), tf.mul(dy, tf.sub(1, isFirst))];
  });
  registerBroadcasting(tf.Minimum, (dy, a, b) => {
    const isFirst = tf.cast(tf.lessEqual(a, b), 'float32');
    return [tf.mul(dy, isFirst), tf.mul(dy, tf.sub(1, isFirst))];
  });
  registerBroadcasting(tf.SquaredDifference, (dy, a, b) => {
    const slope = tf.mul(dy, tf.mul(2, tf.sub(a, b)));
    return [slope, tf.neg(slope)];
  });
  tf.registerGradient({
    kernelName: tf.Slice,
    inputsToSave: ['x'],
    gradFunc: (dy, saved, attributes) => {
      const [x] = saved;
      if (x === undefined || Array.isArray(dy)) throw new TypeError('Slice has one input and one output');
      const { begin, size } = attributes as unknown as tf.SliceAttrs;
      const [start = []] = tf.slice_util.parseSliceParams(x, begin, size);
      return { x: () => placeSlice(dy, start, x.shape) };
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

/** A gradient of an op of a and b, summed over the axes along which they were broadcast. */
function registerBroadcasting(
  kernelName: string,
  gradient: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => readonly [tf.Tensor, tf.Tensor],
): void {
  tf.registerGradient({
    kernelName,
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => {
      const [a, b] = saved;
      if (a === undefined || b === undefined || Array.isArray(dy)) throw new TypeError(`${kernelName} has two inputs`);
      const reduced = (x: tf.Tensor, index: 0 | 1) => () => {
        const whole = gradient(dy, a, b)[index];
        const axes = tf.broadcast_util.getReductionAxes(x.shape, whole.shape);
        return tf.reshape(axes.length === 0 ? whole : tf.sum(whole, axes), x.shape);
      };
      return { a: reduced(a, 0), b: reduced(b, 1) };
    },
  });
}

/** A slice at its place among zeros. */
function placeSlice(dy: tf.Tensor, begin: readonly number[], shape: readonly number[]): tf.Tensor {
  if (isTracing()) return tf.engine().runKernel('PlaceSlice', { dy }, { begin: [...begin], shape: [...shape] });
  const after = (axis: number): number => (shape[axis] ?? 0) - (begin[axis] ?? 0) - (dy.shape[axis] ?? 0);
  return tf.pad(
    dy,
    shape.map((_, axis): [number, number] => [begin[axis] ?? 0, after(axis)]),
  );
}
