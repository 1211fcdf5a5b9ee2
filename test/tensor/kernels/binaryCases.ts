import { tf } from '../../../core/tensor/tf.ts';
import { bools, edgeValues, floats, ints, type CaseInput, type KernelCase, type KernelCases } from './kernelCase.ts';

type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const shapePairs: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[2, 3], []],
  [[], [4]],
  [
    [2, 1, 3],
    [5, 1],
  ],
  [
    [1, 1],
    [3, 1, 4],
  ],
  [[0, 3], [3]],
  [
    [2, 0],
    [1, 0],
  ],
];

/** Every edge value against every other. */
function edgePairs(edges: readonly number[], make: (shape: readonly number[], values: readonly number[]) => CaseInput) {
  return [make([edges.length, 1], edges), make([1, edges.length], edges)];
}

const whole = [0, 1, -1, 2, -3, 7, -7, 100, -1000];

interface BinaryOptions {
  readonly edges?: readonly number[];
  readonly wholeEdges?: readonly number[];
  readonly domain?: (x: number) => number;
  readonly zeroOfEitherSign?: boolean;
}

/** A broadcasting op over shapes, edge values and, unless told otherwise, int32. */
function binary(run: Binary, options: BinaryOptions = {}): readonly KernelCase[] {
  const { edges = edgeValues, wholeEdges = whole, domain = (x: number) => x, zeroOfEitherSign = false } = options;
  const pairs = shapePairs.map(([left, right]) => ({
    what: `[${left.join()}] and [${right.join()}]`,
    inputs: [left, right].map((shape, i) => floats(shape, Array.from(floats(shape, i).data, domain))),
    run,
  }));
  const onWhole = wholeEdges.length === 0 ? [] : [{ what: 'int32', inputs: edgePairs(wholeEdges, ints), run }];
  return [...pairs, { what: 'edges', inputs: edgePairs(edges, floats), run, zeroOfEitherSign }, ...onWhole];
}

function logical(run: Binary): readonly KernelCase[] {
  return [
    { what: 'bool', inputs: [bools([4], [0, 0, 1, 1]), bools([4], [0, 1, 0, 1])], run },
    { what: 'broadcast', inputs: [bools([2, 1], [0, 1]), bools([3])], run },
    { what: 'nothing', inputs: [bools([0, 3], []), bools([3])], run },
  ];
}

/** Ops of two tensors, element by element. */
export const binaryCases: KernelCases = {
  Add: binary(tf.add),
  AddN: [
    { what: 'three', inputs: [floats([2, 3], 1), floats([2, 3], 2), floats([2, 3], 3)], run: (...all) => tf.addN(all) },
    { what: 'one', inputs: [floats([2, 3])], run: (x) => tf.addN([x]) },
    { what: 'int32', inputs: [ints([2], [1, 2]), ints([2], [3, 4])], run: (...all) => tf.addN(all) },
  ],
  EluGrad: [
    {
      what: 'both sides of 0',
      inputs: [floats([2, 3]), floats([2, 3], [-0.9, 0, 1.5, -0.1, -1, 3])],
      run: (dy, y) => tf.engine().runKernel('EluGrad', { dy, y }),
    },
  ],
  FloorDiv: [
    ...binary(tf.floorDiv, { edges: [1, -1, 0.5, 2.5, -2.5, 7, -7, 1000], wholeEdges: whole }),
    {
      what: 'large int32',
      inputs: [
        ints([5], [2 ** 31 - 1, 2 ** 24 + 1, -(2 ** 31) + 1, 2 ** 30, 123_456_789]),
        ints([5], [1, 1, 2, 3, -10]),
      ],
      run: tf.floorDiv,
    },
  ],
  Maximum: binary(tf.maximum, { zeroOfEitherSign: true }),
  Minimum: binary(tf.minimum, { zeroOfEitherSign: true }),
  // For a tiny a, tfjs computes (a + b) % b in float64.
  Mod: binary(tf.mod, {
    edges: edgeValues.filter((value) => Math.abs(value) < 1e8 && Math.abs(value) !== 1e-30),
    zeroOfEitherSign: true,
  }),
  Multiply: binary(tf.mul),
  // IEEE 754 has 1 for 1 ** NaN and (-1) ** Infinity, JavaScript NaN.
  Pow: binary(tf.pow, {
    edges: edgeValues.filter((value) => Math.abs(value) !== 1),
    domain: (x) => Math.abs(x) + 0.1,
    wholeEdges: [0, 1, 2, 3, 5],
  }),
  RealDiv: binary(tf.div, { wholeEdges: [] }),
  SquaredDifference: binary(tf.squaredDifference),
  Sub: binary(tf.sub),
};

/** Comparisons, logic and choice. */
export const logicCases: KernelCases = {
  Equal: binary(tf.equal),
  Greater: binary(tf.greater),
  GreaterEqual: binary(tf.greaterEqual),
  Less: binary(tf.less),
  LessEqual: binary(tf.lessEqual),
  LogicalAnd: logical(tf.logicalAnd),
  LogicalOr: logical(tf.logicalOr),
  NotEqual: binary(tf.notEqual),
  Select: [
    { what: 'same shapes', inputs: [bools([2, 3]), floats([2, 3], 1), floats([2, 3], 2)], run: tf.where },
    { what: 'broadcast', inputs: [bools([2, 1], [0, 1]), floats([1, 3], 1), floats([], 2)], run: tf.where },
    { what: 'int32', inputs: [bools([4]), ints([4], [1, 2, 3, 4]), ints([4], [5, 6, 7, 8])], run: tf.where },
    {
      what: 'bool',
      inputs: [bools([4], [0, 1, 0, 1]), bools([4], [1, 1, 0, 0]), bools([4], [0, 0, 1, 1])],
      run: tf.where,
    },
    { what: 'unchosen NaN', inputs: [bools([2], [0, 1]), floats([2], [NaN, 1]), floats([2], [2, NaN])], run: tf.where },
    { what: 'nothing', inputs: [bools([0, 2], []), floats([0, 2]), floats([0, 2])], run: tf.where },
  ],
};
