import { tf } from '../../../core/tensor/tf.ts';
import { isTracing } from '../../../core/tensor/traceBackend.ts';
import { floats, type CaseInput, type KernelCase, type KernelCases } from './kernelCase.ts';

function product(what: string, a: CaseInput, b: CaseInput, transposeA = false, transposeB = false): KernelCase {
  return { what, inputs: [a, b], run: (x, y) => tf.matMul(x, y, transposeA, transposeB), tolerance: 5e-5 };
}

/** tfjs's CPU backend gives wrong products where both operands' batches are broadcast: there they are made whole first. */
const broadcastBothWays: KernelCase = {
  what: 'both batches broadcast',
  inputs: [floats([2, 1, 3, 4], 1), floats([1, 5, 4, 2], 2)],
  run: (x, y) =>
    isTracing() ? tf.matMul(x, y) : tf.matMul(tf.broadcastTo(x, [2, 5, 3, 4]), tf.broadcastTo(y, [2, 5, 4, 2])),
};

/** Both operands read straight or transposed, in two axes and in batches. */
const transposed = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
].flatMap(([transposeA = false, transposeB = false]) => {
  const [left, right] = [transposeA ? [4, 3] : [3, 4], transposeB ? [5, 4] : [4, 5]];
  const named = `${transposeA ? 'A^T' : 'A'} ${transposeB ? 'B^T' : 'B'}`;
  const pair = (batch: readonly number[], otherBatch = batch) =>
    [floats([...batch, ...left], 1), floats([...otherBatch, ...right], 2)] as const;
  return [
    product(named, ...pair([]), transposeA, transposeB),
    product(`${named} of 3 axes`, ...pair([2]), transposeA, transposeB),
    product(`${named} of 4 axes`, ...pair([2, 3]), transposeA, transposeB),
    product(`${named} of a batch of 1`, ...pair([1]), transposeA, transposeB),
    product(`${named} broadcast`, ...pair([1], [3]), transposeA, transposeB),
  ];
});

/** Matrix products. */
export const matMulCases: KernelCases = {
  BatchMatMul: [
    ...transposed,
    broadcastBothWays,
    product('a row and a column', floats([1, 7], 1), floats([7, 1], 2)),
    product('a column and a row', floats([7, 1], 1), floats([1, 7], 2)),
    product('no rows', floats([0, 3]), floats([3, 2])),
    product('nothing to sum', floats([2, 0]), floats([0, 3])),
    product('NaN and infinities', floats([2, 2], [NaN, 1, 1, 2]), floats([2, 2], [1, Infinity, 1, 1])),
    product('large', floats([192, 160], 1), floats([160, 224], 2)),
    product('large, A^T', floats([1024, 48], 1), floats([1024, 40], 2), true),
    product('a large batch', floats([8, 96, 64], 1), floats([8, 80, 64], 2), false, true),
  ],
};
