import { splitRows } from '../../../core/tensor/ops/segments.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { bools, floats, ints, type KernelCase, type KernelCases } from './kernelCase.ts';

const cube = floats([2, 3, 4]);

function on(what: string, run: KernelCase['run'], ...inputs: KernelCase['inputs']): KernelCase {
  return { what, run, inputs: inputs.length === 0 ? [cube] : inputs };
}

const slices: readonly KernelCase[] = [
  on('the middle', (x) => tf.slice(x, [0, 1, 1], [2, 2, 2])),
  on('to the end', (x) => tf.slice(x, [1, 0, 2])),
  on('a size of -1', (x) => tf.slice(x, [0, 1, 0], [1, -1, 3])),
  on('everything', (x) => tf.slice(x, [0, 0, 0])),
  on('no rows', (x) => tf.slice(x, [1, 0], [0, 3]), floats([2, 3])),
  on('int32', (x) => tf.slice(x, [1], [2]), ints([4], [1, 2, 3, 4])),
  on('bool', (x) => tf.slice(x, [1], [2]), bools([4])),
];

const stridedSlices: readonly KernelCase[] = [
  { ...on('every second', (x) => tf.stridedSlice(x, [0, 0, 0], [2, 3, 4], [1, 2, 2])) },
  { ...on('backwards', (x) => tf.stridedSlice(x, [1, 2, 3], [0, 0, 0], [-1, -1, -2])) },
  { ...on('backwards to the first', (x) => tf.stridedSlice(x, [-1, -1, -1], [-3, -4, -5], [-1, -1, -1])) },
  { ...on('masks', (x) => tf.stridedSlice(x, [1, 1, 1], [2, 2, 2], [1, 1, 1], 0b010, 0b100)) },
  { ...on('an ellipsis', (x) => tf.stridedSlice(x, [0, 1], [2, 3], [1, 1], 0, 0, 0b01)) },
  { ...on('a new axis', (x) => tf.stridedSlice(x, [0, 0, 1, 0], [1, 2, 2, 4], [1, 1, 1, 1], 0, 0, 0, 0b0001)) },
  { ...on('an axis less', (x) => tf.stridedSlice(x, [1, 0, 0], [2, 3, 4], [1, 1, 1], 0, 0, 0, 0, 0b001)) },
].map((each) => ({ ...each, fixedSizes: 'an end is clipped to the size in JavaScript' }));

const pads: readonly KernelCase[] = [
  on('all sides', (x) =>
    tf.pad(x, [
      [1, 2],
      [0, 1],
      [3, 0],
    ]),
  ),
  on('a value', (x) =>
    tf.pad(
      x,
      [
        [0, 0],
        [1, 1],
        [0, 0],
      ],
      -2.5,
    ),
  ),
  on('none', (x) =>
    tf.pad(x, [
      [0, 0],
      [0, 0],
      [0, 0],
    ]),
  ),
  on(
    'nothing',
    (x) =>
      tf.pad(x, [
        [1, 1],
        [0, 0],
      ]),
    floats([0, 3]),
  ),
  on('int32', (x) => tf.pad(x, [[1, 1]], 7), ints([2], [1, 2])),
  on('bool', (x) => tf.pad(x, [[1, 1]], 0), bools([2], [1, 1])),
];

const splits: readonly KernelCase[] = [
  { ...on('equal parts', (x) => tf.split(x, 2, 2)), fixedSizes: 'parts are counted out in JavaScript' },
  { ...on('unequal parts', (x) => tf.split(x, [1, 2], 1)), fixedSizes: 'parts of a symbolic size are checked by tfjs' },
  { ...on('the rest', (x) => tf.split(x, [1, -1], 1)), fixedSizes: 'the rest is counted out in JavaScript' },
  on('an axis of fixed size', (x) => tf.split(x, 1, 1), floats([3, 1])),
];

const fills: readonly KernelCase[] = [
  on('float32', () => tf.fill([2, 3], 1.5)),
  on('int32', () => tf.fill([2, 3], 7, 'int32')),
  on('bool', () => tf.fill([2, 3], 1, 'bool')),
  on('a scalar', () => tf.fill([], -0)),
  on('nothing', () => tf.fill([0, 2], 1)),
  on('another shape', (x) => tf.fill(x.shape, NaN)),
];

/** Ops that move values without computing any. */
export const shapeCases: KernelCases = {
  Concat: [
    on('rows', (a, b) => tf.concat([a, b], 0), floats([2, 3], 1), floats([4, 3], 2)),
    on('columns', (a, b) => tf.concat([a, b], 1), floats([2, 3], 1), floats([2, 1], 2)),
    on('the last axis', (a, b) => tf.concat([a, b], -1), floats([2, 2, 3], 1), floats([2, 2, 3], 2)),
    on('three, one empty', (a, b, c) => tf.concat([a, b, c], 0), floats([2, 3], 1), floats([0, 3]), floats([1, 3], 2)),
    on('int32', (a, b) => tf.concat([a, b], 0), ints([2], [1, 2]), ints([1], [3])),
    on('bool', (a, b) => tf.concat([a, b], 0), bools([2]), bools([1])),
  ],
  ExpandDims: [
    on('the first axis', (x) => tf.expandDims(x)),
    on('the last axis', (x) => tf.expandDims(x, -1)),
    on('a middle axis', (x) => tf.expandDims(x, 1)),
    on('a scalar', (x) => tf.expandDims(x), floats([])),
    on('bool', (x) => tf.expandDims(x, 1), bools([2])),
  ],
  Fill: fills,
  Pack: [
    on('the first axis', (a, b) => tf.stack([a, b]), floats([2, 3], 1), floats([2, 3], 2)),
    on('the last axis', (a, b) => tf.stack([a, b], 2), floats([2, 3], 1), floats([2, 3], 2)),
    on('scalars', (a, b) => tf.stack([a, b]), floats([], 1), floats([], 2)),
    on('one', (a) => tf.stack([a], 1), floats([2, 3])),
    on('int32', (a, b) => tf.stack([a, b], 1), ints([2], [1, 2]), ints([2], [3, 4])),
  ],
  PadV2: pads,
  PlaceSlice: [
    {
      what: 'the gradient of a slice',
      inputs: [floats([5, 3], 1), floats([4], 2)],
      run: (x, y) => tf.grad((z: tf.Tensor) => tf.square(tf.slice(z, [1, 1], [y.shape[0], 2])))(x),
    },
  ],
  Reshape: [
    on('fewer axes', (x) => tf.reshape(x, [x.shape[0], -1])),
    on('a vector', (x) => tf.reshape(x, [-1])),
    on('swapped sizes', (x) => tf.reshape(x, [x.shape[2] as number, x.shape[1]!, x.shape[0]])),
    on('sizes of 1', (x) => tf.reshape(x, [1, ...x.shape, 1])),
    on('a scalar', (x) => tf.reshape(x, []), floats([1, 1])),
    on('nothing', (x) => tf.reshape(x, [x.shape[1] as number, x.shape[0]]), floats([0, 3])),
    on('int32', (x) => tf.reshape(x, [-1]), ints([2, 2], [1, 2, 3, 4])),
    on('bool', (x) => tf.reshape(x, [-1]), bools([2, 2])),
  ],
  Reverse: [
    on('an axis', (x) => tf.reverse(x, 1)),
    on('two axes', (x) => tf.reverse(x, [0, 2])),
    on('all axes', (x) => tf.reverse(x)),
    on('a negative axis', (x) => tf.reverse(x, -1)),
    on('size 1', (x) => tf.reverse(x, 0), floats([1, 3])),
    on('nothing', (x) => tf.reverse(x, 0), floats([0, 3])),
    on('int32', (x) => tf.reverse(x), ints([3], [1, 2, 3])),
  ],
  Slice: slices,
  SplitRows: [
    on(
      'rows',
      (x, a, b) => splitRows(x as tf.Tensor2D, a.shape[0], b.shape[0]),
      floats([5, 3]),
      floats([2]),
      floats([3]),
    ),
    on(
      'no first rows',
      (x, a, b) => splitRows(x as tf.Tensor2D, a.shape[0], b.shape[0]),
      floats([3, 2]),
      floats([0]),
      floats([3]),
    ),
  ],
  SplitV: splits,
  StridedSlice: stridedSlices,
  Tile: [
    on('broadcast', (x, like) => tf.broadcastTo(x, like.shape), floats([3, 1]), floats([2, 3, 4])),
    on('a scalar broadcast', (x, like) => tf.broadcastTo(x, like.shape), floats([]), floats([2, 3])),
    on('every axis', (x) => tf.tile(x, [2, 1, 3])),
    on('a vector', (x) => tf.tile(x, [3]), floats([4])),
    on('not at all', (x) => tf.tile(x, [1, 1, 1])),
    on('nothing', (x) => tf.tile(x, [2, 2]), floats([0, 3])),
    on('int32', (x) => tf.tile(x, [2]), ints([2], [1, 2])),
    on('bool', (x) => tf.tile(x, [2]), bools([2], [0, 1])),
  ],
  Transpose: [
    on('reversed axes', (x) => tf.transpose(x)),
    on('a permutation', (x) => tf.transpose(x, [1, 0, 2])),
    on('the identity', (x) => tf.transpose(x, [0, 1, 2])),
    on('size 1', (x) => tf.transpose(x), floats([1, 3])),
    on('nothing', (x) => tf.transpose(x), floats([0, 3])),
    on('int32', (x) => tf.transpose(x), ints([2, 2], [1, 2, 3, 4])),
    on('bool', (x) => tf.transpose(x), bools([2, 2])),
  ],
  Unpack: [
    { ...on('the first axis', (x) => tf.unstack(x)), fixedSizes: 'there are as many outputs as the axis is long' },
    { ...on('the last axis', (x) => tf.unstack(x, -1)), fixedSizes: 'there are as many outputs as the axis is long' },
    on('size 1', (x) => tf.unstack(x, 1), floats([3, 1, 2])),
  ],
};
