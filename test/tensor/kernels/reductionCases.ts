import { logSoftmax } from '../../../core/tensor/ops/tokenLogProbs.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { bools, floats, ints, type CaseInput, type KernelCase, type KernelCases } from './kernelCase.ts';

type Reduction = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;

const notANumber = floats([2, 3], [1, NaN, 3, 4, 5, -Infinity]);
const infinities = floats([3, 2], [Infinity, -Infinity, 1, 2, Infinity, Infinity]);

/** A reduction over axes and shapes; large enough, once along and once across the rows, that threads share the work. */
function reduction(run: Reduction, more: readonly KernelCase[] = []): readonly KernelCase[] {
  const on = (what: string, input: CaseInput, axis?: number | number[], keepDims = false) => ({
    what,
    inputs: [input],
    run: (x: tf.Tensor) => run(x, axis, keepDims),
  });
  return [
    on('all axes', floats([2, 3, 4])),
    on('all axes kept', floats([2, 3, 4]), undefined, true),
    on('the first axis', floats([2, 3, 4]), 0),
    on('the last axis', floats([2, 3, 4]), -1),
    on('two axes', floats([2, 3, 4]), [0, 2]),
    on('two axes kept', floats([2, 3, 4]), [1, 2], true),
    on('a size of 1', floats([3, 1, 2]), 1),
    on('a scalar', floats([])),
    on('no rows', floats([0, 3]), 1),
    on('NaN', notANumber, 1),
    on('infinities', infinities, 1),
    // The CPU backend sums in float64.
    { ...on('along many rows', floats([6144, 20]), 1), tolerance: 1e-5 },
    { ...on('across many rows', floats([6144, 20]), 0), tolerance: 1e-5 },
    ...more,
  ];
}

function onWhole(run: Reduction): readonly KernelCase[] {
  return [
    { what: 'int32', inputs: [ints([2, 3], [5, -7, 2 ** 24 + 1, 0, -1, 9])], run: (x) => run(x, 1) },
    { what: 'int32, all axes', inputs: [ints([2, 2], [5, -7, 11, 0])], run: (x) => run(x) },
  ];
}

function truth(run: Reduction): readonly KernelCase[] {
  return [
    { what: 'all axes', inputs: [bools([2, 3])], run: (x) => run(x) },
    { what: 'an axis', inputs: [bools([3, 2], [0, 0, 0, 1, 1, 1])], run: (x) => run(x, 1) },
    { what: 'an axis kept', inputs: [bools([3, 2], [0, 0, 0, 1, 1, 1])], run: (x) => run(x, 0, true) },
    { what: 'a scalar', inputs: [bools([], [1])], run: (x) => run(x) },
    { what: 'many rows', inputs: [bools([6144, 20])], run: (x) => run(x, 0) },
  ];
}

function arg(run: (x: tf.Tensor, axis?: number) => tf.Tensor): readonly KernelCase[] {
  return [
    { what: 'the first axis', inputs: [floats([3, 4])], run: (x) => run(x) },
    { what: 'the last axis', inputs: [floats([2, 3, 4])], run: (x) => run(x, -1) },
    { what: 'equal values', inputs: [floats([2, 4], [1, 2, 2, 1, 0, 0, -0, 0])], run: (x) => run(x, 1) },
    { what: 'infinities', inputs: [infinities], run: (x) => run(x, 1) },
    { what: 'int32', inputs: [ints([2, 3], [3, -1, 3, 0, -5, -5])], run: (x) => run(x, 1) },
    { what: 'a vector', inputs: [floats([7])], run: (x) => run(x) },
    { what: 'size 1', inputs: [floats([3, 1])], run: (x) => run(x, 1) },
    { what: 'many rows', inputs: [floats([6144, 20])], run: (x) => run(x, 1) },
  ];
}

function cumulative(): readonly KernelCase[] {
  const flags = [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const;
  return [
    ...flags.flatMap(([exclusive, reverse]): readonly KernelCase[] => [
      {
        what: `first axis, exclusive ${exclusive}, reverse ${reverse}`,
        inputs: [floats([3, 4])],
        run: (x) => tf.cumsum(x, 0, exclusive, reverse),
      },
      {
        what: `last axis, exclusive ${exclusive}, reverse ${reverse}`,
        inputs: [floats([2, 3, 4])],
        run: (x) => tf.cumsum(x, 2, exclusive, reverse),
      },
    ]),
    { what: 'int32', inputs: [ints([5], [1, 2, -3, 4, 5])], run: (x) => tf.cumsum(x) },
    { what: 'NaN', inputs: [notANumber], run: (x) => tf.cumsum(x, 1) },
    { what: 'nothing', inputs: [floats([0, 3])], run: (x) => tf.cumsum(x, 1) },
    { what: 'many rows', inputs: [floats([6144, 20])], run: (x) => tf.cumsum(x, 1), tolerance: 1e-5 },
  ];
}

function softmax(run: (x: tf.Tensor) => tf.Tensor): readonly KernelCase[] {
  const masked = floats([2, 3], [1, -Infinity, 2, -Infinity, 0, -Infinity]);
  return [
    { what: 'a vector', inputs: [floats([5])], run },
    { what: 'three axes', inputs: [floats([2, 3, 4])], run },
    { what: 'size 1', inputs: [floats([3, 1])], run },
    { what: 'no rows', inputs: [floats([0, 3])], run },
    { what: 'a mask', inputs: [masked], run },
    { what: 'NaN', inputs: [floats([2, 3], [1, NaN, 3, 4, 5, 6])], run },
    { what: 'large values', inputs: [floats([2, 3], [1e30, -1e30, 0, 300, 299, -300])], run },
    { what: 'many rows', inputs: [floats([2048, 64])], run },
  ];
}

/** Reductions, arg-reductions, running sums and softmaxes. */
export const reductionCases: KernelCases = {
  All: truth(tf.all),
  Any: truth(tf.any),
  ArgMax: arg(tf.argMax),
  ArgMin: arg(tf.argMin),
  Cumsum: cumulative(),
  LogSoftmax: softmax(logSoftmax),
  Max: reduction(tf.max, onWhole(tf.max)),
  Mean: reduction(tf.mean, [
    ...onWhole(tf.mean),
    { what: 'bool', inputs: [bools([2, 3])], run: (x) => tf.mean(x, 1) },
    { what: 'nothing', inputs: [floats([2, 0])], run: (x) => tf.mean(x, 1) },
  ]),
  Min: reduction(tf.min, onWhole(tf.min)),
  Prod: reduction(tf.prod, [
    { what: 'int32', inputs: [ints([2, 3], [5, -7, 3, 0, -1, 9])], run: (x) => tf.prod(x, 1) },
    { what: 'nothing', inputs: [floats([2, 0])], run: (x) => tf.prod(x, 1) },
  ]),
  Softmax: softmax((x) => tf.softmax(x)),
  Sum: reduction(tf.sum, [
    ...onWhole(tf.sum),
    { what: 'bool', inputs: [bools([2, 3])], run: (x) => tf.sum(x, 1) },
    { what: 'nothing', inputs: [floats([2, 0])], run: (x) => tf.sum(x, 1) },
  ]),
};
