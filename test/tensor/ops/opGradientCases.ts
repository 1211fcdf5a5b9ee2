import { attention } from '../../../core/tensor/ops/attention.ts';
import { doraLinear, mergeDora } from '../../../core/tensor/ops/doraLinear.ts';
import { linear, scaledMatMul } from '../../../core/tensor/ops/linear.ts';
import { lowRankLinear, mergeLowRank } from '../../../core/tensor/ops/lowRankLinear.ts';
import { rmsNorm } from '../../../core/tensor/ops/rmsNorm.ts';
import { rotary } from '../../../core/tensor/ops/rotary.ts';
import { permuteRows, repeatRows } from '../../../core/tensor/ops/rows.ts';
import { joinRows, splitRows } from '../../../core/tensor/ops/segments.ts';
import { swiGlu } from '../../../core/tensor/ops/swiGlu.ts';
import { entropyOf, logSoftmax, pick, tokenLogProbs } from '../../../core/tensor/ops/tokenLogProbs.ts';
import { tf } from '../../../core/tensor/tf.ts';
import type { GradientCase, GradientCases } from '../gradients/checkGradient.ts';
import { floats, ints, type CaseInput } from '../kernels/kernelCase.ts';

type Matrix = tf.Tensor2D;

function on(what: string, run: GradientCase['run'], ...inputs: readonly CaseInput[]): GradientCase {
  return { what, run, inputs };
}

const headsApart = 'the number of heads is a number in every model';
const angles = Array.from({ length: 10 }, (_, i) => i / 3);
const cosines = floats([5, 2], angles.map(Math.cos));
const sines = floats([5, 2], angles.map(Math.sin));
const masked = [0, -1e9, 0, 0, 0, -1e9];

function attend(heads: number, keyHeads: number): GradientCase {
  return {
    what: `${heads} heads on ${keyHeads}`,
    inputs: [
      floats([2, heads, 2, 3], 1),
      floats([2, keyHeads, 3, 3], 2),
      floats([2, keyHeads, 3, 3], 3),
      floats([1, 1, 2, 3], masked),
    ],
    run: (q, k, v, bias) => attention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, bias, 0.6),
    wrt: [0, 1, 2],
    fixedSizes: headsApart,
  };
}

/** Ops with a gradient of their own. */
export const opGradientCases: GradientCases = {
  attention: [attend(2, 2), attend(4, 2), attend(2, 1)],
  // The norm is taken as given, so that finite differences with respect to A and B disagree on purpose.
  doraLinear: [
    {
      ...on(
        'inputs, magnitude and bias',
        (x: Matrix, weight: Matrix, a: Matrix, b: Matrix, magnitude: tf.Tensor1D, bias: tf.Tensor1D) =>
          doraLinear(x, { weight, a, b, magnitude, scaling: 1.5 }, bias),
        floats([3, 4], 1),
        floats([5, 4], 2),
        floats([2, 4], 3),
        floats([5, 2], 4),
        floats([5], 5),
        floats([5], 6),
      ),
      wrt: [0, 4, 5],
    },
  ],
  entropyOf: [
    on('rows', (z: Matrix) => entropyOf(z), floats([3, 4])),
    on('a certain token', (z: Matrix) => entropyOf(z), floats([2, 3], [9, 0, 1, 0, 0, 0])),
  ],
  joinRows: [
    on(
      'rows',
      (a: Matrix, b: Matrix, all) => joinRows(a, b, all.shape[0]),
      floats([2, 3], 1),
      floats([4, 3], 2),
      ints([6], { below: 9 }),
    ),
  ],
  linear: [
    on('without bias', (x: Matrix, w: Matrix) => linear(x, w), floats([3, 4], 1), floats([2, 4], 2)),
    on(
      'with bias',
      (x: Matrix, w: Matrix, b: tf.Tensor1D) => linear(x, w, b),
      floats([3, 4], 1),
      floats([2, 4], 2),
      floats([2], 3),
    ),
    on(
      'a single token',
      (x: Matrix, w: Matrix, b: tf.Tensor1D) => linear(x, w, b),
      floats([1, 4], 1),
      floats([2, 4], 2),
      floats([2], 3),
    ),
  ],
  logSoftmax: [on('rows', (x) => logSoftmax(x), floats([2, 4]))],
  lowRankLinear: [
    {
      ...on(
        'without bias',
        (x: Matrix, weight: Matrix, a: Matrix, b: Matrix) => lowRankLinear(x, { weight, a, b, scaling: 1.5 }),
        floats([3, 4], 1),
        floats([5, 4], 2),
        floats([2, 4], 3),
        floats([5, 2], 4),
      ),
      wrt: [0, 2, 3],
    },
    {
      ...on(
        'with bias',
        (x: Matrix, weight: Matrix, a: Matrix, b: Matrix, bias: tf.Tensor1D) =>
          lowRankLinear(x, { weight, a, b, scaling: 0.5 }, bias),
        floats([3, 4], 1),
        floats([5, 4], 2),
        floats([1, 4], 3),
        floats([5, 1], 4),
        floats([5], 5),
      ),
      wrt: [0, 2, 3],
    },
  ],
  mergeDora: [
    {
      ...on(
        'magnitude',
        (weight: Matrix, a: Matrix, b: Matrix, magnitude: tf.Tensor1D) =>
          mergeDora({ weight, a, b, magnitude, scaling: 1.5 }),
        floats([5, 4], 2),
        floats([2, 4], 3),
        floats([5, 2], 4),
        floats([5], 5),
      ),
      wrt: [3],
    },
  ],
  mergeLowRank: [
    {
      ...on(
        'A and B',
        (weight: Matrix, a: Matrix, b: Matrix) => mergeLowRank({ weight, a, b, scaling: 1.5 }),
        floats([5, 4], 2),
        floats([2, 4], 3),
        floats([5, 2], 4),
      ),
      wrt: [1, 2],
    },
  ],
  permuteRows: [
    on(
      'a permutation',
      (x, to, back) => permuteRows(x, to, back),
      floats([3, 2]),
      ints([3], [2, 0, 1]),
      ints([3], [1, 2, 0]),
    ),
    on(
      'part of the rows',
      (x, to, back) => permuteRows(x, to, back, true),
      floats([3, 2]),
      ints([2], [2, 0]),
      ints([3], [1, 2, 0]),
    ),
    on(
      'a vector',
      (x, to, back) => permuteRows(x, to, back),
      floats([4]),
      ints([2, 2], [3, 1, 0, 2]),
      ints([4], [2, 1, 3, 0]),
    ),
  ],
  repeatRows: [
    {
      ...on(
        'duplicate rows',
        (x, i: tf.Tensor1D, membership: Matrix) => repeatRows(x, i, membership),
        floats([3, 2]),
        ints([4], [2, 0, 2, 2]),
        floats([3, 4], [0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1]),
      ),
      wrt: [0],
    },
  ],
  rmsNorm: [
    on('two axes', (x, w: tf.Tensor1D) => rmsNorm(x, w, 1e-6), floats([3, 4], 1), floats([4], 2)),
    on('three axes', (x, w: tf.Tensor1D) => rmsNorm(x, w, 1e-2), floats([2, 2, 4], 1), floats([4], 2)),
    on('a single token', (x, w: tf.Tensor1D) => rmsNorm(x, w, 1e-6), floats([1, 4], 1), floats([4], 2)),
  ].map((each) => ({ ...each, fixedSizes: 'the number of features is a number in every model' })),
  rotary: [
    {
      ...on(
        'a repeated position',
        (x: Matrix, positions: tf.Tensor1D, cos: Matrix, sin: Matrix) => rotary(x, positions, { cos, sin }),
        floats([3, 8]),
        ints([3], [4, 1, 4]),
        cosines,
        sines,
      ),
      wrt: [0],
      fixedSizes: headsApart,
    },
  ],
  splitRows: [
    on(
      'both parts',
      (x: Matrix, first, second) => {
        const [upper, lower] = splitRows(x, first.shape[0], second.shape[0]);
        return tf.add(tf.sum(tf.square(upper)), tf.sum(lower));
      },
      floats([5, 2]),
      ints([2], [0, 0]),
      ints([3], [0, 0, 0]),
    ),
  ],
  swiGlu: [
    on('gate and up', (gate: Matrix, up: Matrix) => swiGlu(gate, up), floats([2, 3], 1), floats([2, 3], 2)),
    on('far gates', (gate: Matrix, up: Matrix) => swiGlu(gate, up), floats([2, 2], [-8, 8, -3, 0]), floats([2, 2], 2)),
  ],
  tokenLogProbs: [
    on('repeated tokens', (z: Matrix, ids: tf.Tensor1D) => tokenLogProbs(z, ids), floats([3, 4]), ints([3], [3, 0, 3])),
    on('one token', (z: Matrix, ids: tf.Tensor1D) => tokenLogProbs(z, ids), floats([1, 5]), ints([1], [2])),
  ].map((each) => ({ ...each, fixedSizes: 'the vocabulary is a number in every model' })),
};

/** Ops that only run forward. */
export const forwardCases = {
  mergeLowRank: on(
    'W + s B A',
    (weight: Matrix, a: Matrix, b: Matrix) => mergeLowRank({ weight, a, b, scaling: 1.5 }),
    floats([5, 4], 2),
    floats([2, 4], 3),
    floats([5, 2], 4),
  ),
  pick: on('a value per row', (x: Matrix, i: tf.Tensor1D) => pick(x, i), floats([3, 4]), ints([3], [3, 0, 3])),
  scaledMatMul: on(
    'a factor',
    (a: Matrix, b: Matrix) => scaledMatMul(a, b, 0.7, true),
    floats([4, 3], 1),
    floats([4, 2], 2),
  ),
};
