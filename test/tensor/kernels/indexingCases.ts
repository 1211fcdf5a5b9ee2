import { tf } from '../../../core/tensor/tf.ts';
import { bools, floats, ints, type KernelCase, type KernelCases } from './kernelCase.ts';

const ids = ints([6144], { below: 20 });

const gathers: readonly KernelCase[] = [
  { what: 'rows', inputs: [floats([5, 3]), ints([4], [4, 0, 4, 1])], run: (x, i) => tf.gather(x, i) },
  { what: 'columns', inputs: [floats([2, 5]), ints([3], [4, 0, 4])], run: (x, i) => tf.gather(x, i, 1) },
  {
    what: 'the last axis',
    inputs: [floats([2, 3, 4]), ints([2], [3, 3])],
    run: (x, i) => tf.gather(x, i, -1),
  },
  {
    what: 'indices of two axes',
    inputs: [floats([5, 3]), ints([2, 2], [0, 4, 4, 0])],
    run: (x, i) => tf.gather(x, i),
  },
  { what: 'a scalar index', inputs: [floats([5, 3]), ints([], [2])], run: (x, i) => tf.gather(x, i) },
  { what: 'no indices', inputs: [floats([5, 3]), ints([0], [])], run: (x, i) => tf.gather(x, i) },
  {
    what: 'int32',
    inputs: [ints([3], [7, 8, 9]), ints([4], [2, 2, 0, 1])],
    run: (x, i) => tf.gather(x, i),
  },
  {
    what: 'bool',
    inputs: [bools([3], [1, 0, 1]), ints([4], [2, 2, 0, 1])],
    run: (x, i) => tf.gather(x, i),
  },
  {
    what: 'batches',
    inputs: [floats([2, 4, 3]), ints([2, 3], [0, 3, 3, 1, 1, 2])],
    run: (x, i) => tf.gather(x, i, 1, 1),
  },
  { what: 'many duplicates', inputs: [floats([20, 16]), ids], run: (x, i) => tf.gather(x, i) },
];

const gatherNds: readonly KernelCase[] = [
  { what: 'elements', inputs: [floats([3, 4]), ints([3, 2], [0, 0, 2, 3, 2, 3])], run: tf.gatherND },
  { what: 'rows', inputs: [floats([3, 4]), ints([2, 1], [2, 0])], run: tf.gatherND },
  { what: 'tables of rows', inputs: [floats([3, 4, 2]), ints([2, 2, 2], [0, 1, 2, 3, 2, 0, 1, 1])], run: tf.gatherND },
  { what: 'many duplicates', inputs: [floats([20, 16]), ints([6144, 1], Array.from(ids.data))], run: tf.gatherND },
];

const oneHots: readonly KernelCase[] = [
  { what: 'rows', inputs: [ints([4], [0, 3, 3, 1])], run: (i) => tf.oneHot(i, 4) },
  { what: 'indices outside', inputs: [ints([4], [-1, 3, 4, 100])], run: (i) => tf.oneHot(i, 4) },
  { what: 'two axes', inputs: [ints([2, 3], [0, 1, 2, 2, 1, 0])], run: (i) => tf.oneHot(i, 3) },
  { what: 'other values', inputs: [ints([3], [0, 1, 5])], run: (i) => tf.oneHot(i, 3, 2, -1) },
  { what: 'int32', inputs: [ints([3], [0, 1, 5])], run: (i) => tf.oneHot(i, 3, 1, 0, 'int32') },
  { what: 'bool', inputs: [ints([3], [0, 1, 5])], run: (i) => tf.oneHot(i, 3, 1, 0, 'bool') },
  { what: 'nothing', inputs: [ints([0], [])], run: (i) => tf.oneHot(i, 3) },
  { what: 'many rows', inputs: [ids], run: (i) => tf.oneHot(i, 20) },
];

function top(k: number, sorted = true): KernelCase['run'] {
  return (x) => {
    const { values, indices } = tf.topk(x, k, sorted);
    return [values, indices];
  };
}

const topKs: readonly KernelCase[] = [
  { what: 'a vector', inputs: [floats([7])], run: top(3) },
  { what: 'rows', inputs: [floats([2, 3, 5])], run: top(2) },
  { what: 'everything', inputs: [floats([3, 4])], run: top(4) },
  { what: 'one', inputs: [floats([3, 4])], run: top(1) },
  { what: 'equal values', inputs: [floats([2, 5], [1, 3, 3, 2, 3, 0, 0, 0, 0, 0])], run: top(3) },
  { what: 'infinities', inputs: [floats([4], [1, -Infinity, Infinity, 0])], run: top(4) },
  { what: 'int32', inputs: [ints([2, 3], [3, -1, 3, 0, -5, -5])], run: top(2) },
  { what: 'many rows', inputs: [floats([6144, 20])], run: top(5) },
];

function segments(count: number): KernelCase['run'] {
  return (x, i) => tf.unsortedSegmentSum(x, i as tf.Tensor1D, count);
}

const segmentSums: readonly KernelCase[] = [
  {
    what: 'as many segments as another tensor has rows',
    inputs: [floats([5, 3]), ints([5], [1, 0, -1, 1, 3]), floats([4])],
    run: (x, i, like) => tf.unsortedSegmentSum(x, i as tf.Tensor1D, like.shape[0]),
  },
  { what: 'duplicates', inputs: [floats([5, 3]), ints([5], [1, 0, 1, 1, 3])], run: segments(4) },
  { what: 'a vector', inputs: [floats([5]), ints([5], [1, 0, 1, 1, 3])], run: segments(4) },
  { what: 'negative ids', inputs: [floats([4, 2]), ints([4], [0, -1, -3, 2])], run: segments(3) },
  { what: 'one segment', inputs: [floats([4, 2]), ints([4], [0, 0, 0, 0])], run: segments(1) },
  { what: 'more axes', inputs: [floats([3, 2, 2]), ints([3], [2, 2, 0])], run: segments(3) },
  { what: 'nothing', inputs: [floats([0, 3]), ints([0], [])], run: segments(2) },
  // ONNX Runtime's ScatterND(add) gives wrong sums here, and other ones in each run.
  { what: '6,144 rows of 20 ids', inputs: [floats([6144, 8]), ids], run: segments(20), tolerance: 1e-5 },
];

/** Look-ups and their gradients. */
export const indexingCases: KernelCases = {
  GatherNd: gatherNds,
  GatherV2: gathers,
  OneHot: oneHots,
  TopK: topKs,
  UnsortedSegmentSum: segmentSums,
};
