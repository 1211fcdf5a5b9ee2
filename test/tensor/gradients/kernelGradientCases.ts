import { logSoftmax } from '../../../core/tensor/ops/tokenLogProbs.ts';
import { splitRows } from '../../../core/tensor/ops/segments.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { bools, floats, ints, type CaseInput } from '../kernels/kernelCase.ts';
import type { GradientCase, GradientCases } from './checkGradient.ts';

function on(what: string, run: GradientCase['run'], ...inputs: readonly CaseInput[]): GradientCase {
  return { what, run, inputs: inputs.length === 0 ? [floats([2, 3])] : inputs };
}

function unary(run: (x: tf.Tensor) => tf.Tensor, values: readonly number[] = [-1.7, -0.6, 0.3, 0.8, 1.4, 2.6]) {
  return [on('values', run, floats([2, 3], values)), on('a scalar', run, floats([], [values[2]!]))];
}

const positive = [0.4, 0.7, 1.1, 1.5, 2.2, 3];
const within1 = [-0.7, -0.4, 0.1, 0.3, 0.5, 0.6];
const whole = [-1.7, -0.6, 0.3, 0.8, 1.4, 2.7];

function binary(run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, right: readonly number[] = whole, left = right) {
  return [
    on('same shapes', run, floats([2, 3], left), floats([2, 3], right.toReversed())),
    on('a vector', run, floats([2, 3], left), floats([3], right.toReversed())),
    on('a scalar', run, floats([], [left[1]!]), floats([2, 2], right)),
    on('broadcast both ways', run, floats([2, 1], left), floats([1, 3], right.toReversed())),
  ];
}

const unaries: GradientCases = {
  Abs: unary(tf.abs),
  Acos: unary(tf.acos, within1),
  Acosh: unary(tf.acosh, [1.5, 1.9, 2.3, 3, 3.5, 4]),
  Asin: unary(tf.asin, within1),
  Asinh: unary(tf.asinh),
  Atan: unary(tf.atan),
  Atanh: unary(tf.atanh, within1),
  Cast: unary((x) => tf.cast(tf.mul(x, 1), 'float32')),
  Ceil: unary(tf.ceil),
  ClipByValue: unary((x) => tf.clipByValue(x, -0.5, 1)),
  Cos: unary(tf.cos),
  Cosh: unary(tf.cosh),
  Elu: unary(tf.elu),
  Erf: unary(tf.erf),
  Exp: unary(tf.exp),
  Expm1: unary(tf.expm1),
  Floor: unary(tf.floor),
  Identity: unary((x) => tf.clone(x)),
  IsFinite: unary(tf.isFinite),
  IsInf: unary(tf.isInf),
  IsNan: unary(tf.isNaN),
  LeakyRelu: unary((x) => tf.leakyRelu(x, 0.1)),
  Log: unary(tf.log, positive),
  Log1p: unary(tf.log1p, positive),
  Neg: unary(tf.neg),
  OnesLike: unary(tf.onesLike),
  Reciprocal: unary(tf.reciprocal, positive),
  Relu: unary(tf.relu),
  Relu6: unary(tf.relu6),
  Round: unary(tf.round),
  Rsqrt: unary(tf.rsqrt, positive),
  Sigmoid: unary(tf.sigmoid),
  Sign: unary(tf.sign),
  Sin: unary(tf.sin),
  Sinh: unary(tf.sinh),
  Softplus: unary(tf.softplus),
  Sqrt: unary(tf.sqrt, positive),
  Square: unary(tf.square),
  Step: unary((x) => tf.step(x, 0.5)),
  Tan: unary(tf.tan, within1),
  Tanh: unary(tf.tanh),
  ZerosLike: unary(tf.zerosLike),
};

const binaries: GradientCases = {
  Add: binary(tf.add),
  AddN: [on('three', (...all) => tf.addN(all), floats([2, 3], 1), floats([2, 3], 2), floats([2, 3], 3))],
  GreaterEqual: binary(tf.greaterEqual, whole, positive),
  Maximum: binary(tf.maximum, positive, whole),
  Minimum: binary(tf.minimum, positive, whole),
  Mod: binary(tf.mod, [2, 2.1, 2.2, 2.3, 2.4, 2.5], [3.1, 3.2, 3.3, 3.4, 3.5, 3.6]),
  Multiply: binary(tf.mul),
  Pow: binary(tf.pow, positive),
  RealDiv: binary(tf.div, positive),
  SquaredDifference: binary(tf.squaredDifference),
  Sub: binary(tf.sub),
  Select: [
    on('same shapes', tf.where, bools([2, 3]), floats([2, 3], 1), floats([2, 3], 2)),
    on('broadcast', tf.where, bools([2, 1], [0, 1]), floats([1, 3], 1), floats([], 2)),
  ],
};

function reduction(
  run: (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor,
): readonly GradientCase[] {
  const spread = floats([2, 3, 2], [0.4, -1.2, 1.7, 0.9, -0.5, 2.2, -2, 1.3, 0.7, -0.9, 1.1, -1.6]);
  return [
    on('all axes', (x) => run(x), spread),
    on('the last axis', (x) => run(x, -1), spread),
    on('two axes kept', (x) => run(x, [0, 2], true), spread),
    on('size 1', (x) => run(x, 1), floats([3, 1])),
  ];
}

const reductions: GradientCases = {
  ArgMax: [on('an axis', (x) => tf.argMax(x, 1))],
  ArgMin: [on('an axis', (x) => tf.argMin(x, 1))],
  BatchMatMul: [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ].flatMap(([transposeA = false, transposeB = false]) => {
    const shapes = (batch: number[]) => [
      floats([...batch, ...(transposeA ? [4, 2] : [2, 4])], 1),
      floats([...batch, ...(transposeB ? [3, 4] : [4, 3])], 2),
    ];
    const product = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.matMul(a, b, transposeA, transposeB);
    return [
      on(`transposed ${transposeA}, ${transposeB}`, product, ...shapes([])),
      on(`a batch, transposed ${transposeA}, ${transposeB}`, product, ...shapes([2])),
    ];
  }),
  Cumsum: [
    on('the first axis', (x) => tf.cumsum(x, 0)),
    on('the last axis', (x) => tf.cumsum(x, 1)),
    on('exclusive and reverse', (x) => tf.cumsum(x, 1, true, true)),
  ],
  LogSoftmax: [on('rows', (x) => logSoftmax(x)), on('three axes', (x) => logSoftmax(x), floats([2, 2, 3]))],
  Max: reduction(tf.max),
  Mean: reduction(tf.mean),
  Min: reduction(tf.min),
  Softmax: [on('rows', (x) => tf.softmax(x)), on('three axes', (x) => tf.softmax(x), floats([2, 2, 3]))],
  Sum: reduction(tf.sum),
};

const moves: GradientCases = {
  Concat: [
    on('rows', (a, b) => tf.concat([a, b], 0), floats([2, 3], 1), floats([4, 3], 2)),
    on('columns', (a, b) => tf.concat([a, b], 1), floats([2, 3], 1), floats([2, 1], 2)),
  ],
  ExpandDims: [on('an axis', (x) => tf.expandDims(x, 1))],
  GatherV2: [
    on('duplicate rows', (x, i) => tf.gather(x, i), floats([4, 2]), ints([5], [3, 0, 3, 1, 3])),
    on('columns', (x, i) => tf.gather(x, i, 1), floats([2, 4]), ints([3], [3, 0, 3])),
    on('indices of two axes', (x, i) => tf.gather(x, i), floats([3, 2]), ints([2, 2], [1, 1, 2, 0])),
  ],
  Pack: [on('an axis', (a, b) => tf.stack([a, b], 1), floats([2, 3], 1), floats([2, 3], 2))],
  PadV2: [
    on('all sides', (x) =>
      tf.pad(
        x,
        [
          [1, 2],
          [0, 1],
        ],
        0.5,
      ),
    ),
  ],
  Reshape: [on('a vector', (x) => tf.reshape(x, [-1])), on('swapped', (x) => tf.reshape(x, [x.shape[1]!, x.shape[0]]))],
  Reverse: [on('an axis', (x) => tf.reverse(x, 1))],
  Slice: [on('the middle', (x) => tf.slice(x, [0, 1], [2, 1])), on('to the end', (x) => tf.slice(x, [1, 1]))],
  SplitRows: [
    on(
      'both parts',
      (x, a, b) => {
        const [first, second] = splitRows(x as tf.Tensor2D, a.shape[0], b.shape[0]);
        return tf.add(tf.sum(tf.square(first)), tf.sum(second));
      },
      floats([5, 2]),
      ints([2], [0, 0]),
      ints([3], [0, 0, 0]),
    ),
  ],
  SplitV: [
    {
      ...on('parts', (x) => {
        const [first, second] = tf.split(x, [1, 2], 1) as [tf.Tensor, tf.Tensor];
        return tf.add(tf.sum(tf.square(first)), tf.sum(second));
      }),
      fixedSizes: 'parts of a symbolic size are checked by tfjs',
    },
  ],
  Tile: [
    on('both axes', (x) => tf.tile(x, [2, 3])),
    on('an axis', (x) => tf.tile(x, [1, 3])),
    on('not at all', (x) => tf.tile(x, [1, 1])),
    on('broadcast', (x, like) => tf.broadcastTo(x, like.shape), floats([3, 1]), ints([2, 3, 4], { below: 2 })),
  ],
  Transpose: [on('axes', (x) => tf.transpose(x, [1, 2, 0]), floats([2, 3, 2]))],
  Unpack: [
    {
      ...on('an axis', (x) => {
        const [first, second] = tf.unstack(x) as [tf.Tensor, tf.Tensor];
        return tf.mul(first, second);
      }),
      fixedSizes: 'there are as many outputs as the axis is long',
    },
  ],
  UnsortedSegmentSum: [
    on('duplicates', (x, i) => tf.unsortedSegmentSum(x, i as tf.Tensor1D, 3), floats([4, 2]), ints([4], [2, 0, 2, 2])),
    on('negative ids', (x, i) => tf.unsortedSegmentSum(x, i as tf.Tensor1D, 3), floats([3, 2]), ints([3], [1, -1, 1])),
  ],
};

/** tfjs's own gradients, by kernel. */
export const kernelGradientCases: GradientCases = { ...unaries, ...binaries, ...reductions, ...moves };
