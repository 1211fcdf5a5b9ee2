import { describe, expect, it } from 'vitest';
import { matrix, transpose } from '../../../core/linalg/matrix.ts';
import { multiply } from '../../../core/linalg/multiply.ts';
import { compile } from '../../../core/tensor/compile.ts';
import { doraLinear, droppedDoraLinear, mergeDora, type Magnified } from '../../../core/tensor/ops/doraLinear.ts';
import { linear } from '../../../core/tensor/ops/linear.ts';
import { randomStream } from '../../../core/tensor/random.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { expectClose } from '../../closeness.ts';

const [tokens, inputs, out, rank] = [6, 7, 5, 2];
const shapes = {
  x: [tokens, inputs],
  weight: [out, inputs],
  a: [rank, inputs],
  b: [out, rank],
  magnitude: [out],
  bias: [out],
  target: [tokens, out],
} as const;
type Tensors = Readonly<Record<keyof typeof shapes, tf.Tensor>>;

const feeds = Object.fromEntries(
  Object.entries(shapes).map(([name, shape]) => [
    name,
    randomStream(1, name).normals((shape as readonly number[]).reduce((product, size) => product * size, 1)),
  ]),
);
const inputSpecs = Object.fromEntries(
  Object.entries(shapes).map(([name, shape]) => [name, { shape: [...shape], dtype: 'float32' as const }]),
);
const trained = ['x', 'a', 'b', 'magnitude', 'bias'] as const;

type Layer = (x: tf.Tensor2D, parts: Magnified, bias: tf.Tensor1D) => tf.Tensor2D;

/** Output and gradients of a sum over it, traced. */
async function resultsOf(layer: Layer, values: Readonly<Record<string, Float32Array>> = feeds) {
  const graph = await compile(inputSpecs, (given) => {
    const tensors = given as Tensors;
    let output: tf.Tensor | undefined;
    const loss = (...moved: tf.Tensor[]): tf.Scalar => {
      const [x, a, b, magnitude, bias] = moved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, tf.Tensor1D];
      output = tf.keep(layer(x, { weight: tensors.weight as tf.Tensor2D, a, b, magnitude, scaling: 1.5 }, bias));
      return tf.sum(tf.mul(output, tensors.target));
    };
    const { grads } = tf.valueAndGrads(loss)(trained.map((name) => tensors[name]));
    return { output: output!, ...Object.fromEntries(trained.map((name, i) => [name, grads[i]!])) };
  });
  const results = await graph.run(values);
  await graph.release();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
}

describe('doraLinear', () => {
  it('computes what the merged weight computes, with the same gradients', async () => {
    const fused = await resultsOf(doraLinear);
    const merged = await resultsOf((x, parts, bias) => linear(x, mergeDora(parts), bias));
    for (const [name, values] of Object.entries(merged)) expectClose(fused[name], values, 1e-5, name);
  });

  it('is what its form with dropout is where nothing is dropped', async () => {
    const fused = await resultsOf(doraLinear);
    const dropped = await resultsOf((x, parts, bias) => droppedDoraLinear(x, x, parts, bias));
    for (const [name, values] of Object.entries(dropped)) expectClose(fused[name], values, 1e-5, name);
  });

  it('takes the dropped input for all but the frozen layer', async () => {
    const half = await resultsOf((x, parts, bias) => droppedDoraLinear(x, tf.mul(x, 0.5), parts, bias));
    const frozen = await resultsOf((x, parts, bias) => droppedDoraLinear(x, tf.mul(x, 0), parts, bias));
    const whole = await resultsOf(doraLinear);
    const expected = whole['output']!.map((value, i) => (value + frozen['output']![i]!) / 2);
    expectClose(half['output'], expected, 1e-5, 'output');
    const weights = { rows: out, columns: inputs, data: Float64Array.from(feeds['weight']!) };
    const plain = multiply(matrix(tokens, inputs, feeds['x']), transpose(weights));
    expectClose(
      frozen['output'],
      plain.data.map((value, i) => value + feeds['bias']![i % out]!),
      1e-5,
      'frozen layer',
    );
  });

  it('keeps a row that is zero at zero, without NaN', async () => {
    const zero = { ...feeds, weight: new Float32Array(out * inputs), b: new Float32Array(out * rank) };
    const results = await resultsOf(doraLinear, { ...zero, magnitude: new Float32Array(out) });
    expectClose(
      results['output'],
      Array.from({ length: tokens * out }, (_, i) => feeds['bias']![i % out]!),
      0,
      'output',
    );
    for (const values of Object.values(results)) expect(values.every(Number.isFinite)).toBe(true);
  });
});
