import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../core/tensor/random.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { hra } from '../../../plugins/adapters/hra.ts';
import { expectClose } from '../../closeness.ts';
import type { AttachedLayer, Matrix } from './attachedLayer.ts';
import {
  attach,
  expectLoraForm,
  expectWeight,
  inputsFor,
  linearLayer,
  times,
  useEagerTensors,
} from './attachedLayer.ts';

useEagerTensors();

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const unit = (vector: readonly number[]): number[] => vector.map((value) => value / Math.sqrt(dot(vector, vector)));
const columnsOf = (matrix: Matrix): number[][] => matrix[0]!.map((_, j) => matrix.map((row) => row[j]!));

/** W times I - 2 u u^T for each vector, one after another. */
function reflected(weight: Matrix, vectors: readonly (readonly number[])[]): Matrix {
  return vectors.reduce((w: Matrix, vector) => {
    const mirror = vector.map((a, i) => vector.map((b, j) => (i === j ? 1 : 0) - 2 * a * b));
    return times(w, mirror);
  }, weight);
}

function orthonormal(vectors: readonly number[][]): number[][] {
  return vectors.reduce((done: number[][], vector) => {
    const rest = done.reduce((own, q) => own.map((value, i) => value - dot(q, own) * q[i]!), vector);
    return [...done, unit(rest)];
  }, []);
}

function expectReflected(attached: AttachedLayer, vectors: readonly (readonly number[])[]): void {
  const expected = reflected(attached.weight, vectors);
  expectWeight(attached, (o, i) => expected[o]![i]!);
}

describe('what the layer computes', () => {
  it.each([1, 2, 3, 4, 8, 11])('W times %i reflections, one after another', (r) => {
    const attached = attach(hra, { r }, { layer: linearLayer(3, 6) });
    expectReflected(attached, columnsOf(attached.value('hra_u')).map(unit));
    expectLoraForm(attached);
  });

  it.each([1, 3, 5])('with apply_GS, W times %i reflections that are orthogonal to each other', (r) => {
    const attached = attach(hra, { r, apply_GS: true }, { layer: linearLayer(3, 6) });
    expectReflected(attached, orthonormal(columnsOf(attached.value('hra_u'))));
    expectLoraForm(attached);
  });

  it('lengths of inputs stay what they were', () => {
    const weight = tf.tensor2d(attach(hra, {}, { layer: linearLayer(4, 4) }).weight as number[][]);
    const { merged } = attach(hra, { r: 4 }, { layer: linearLayer(4, 4) });
    const product = (w: tf.Tensor): tf.Tensor2D => tf.matMul(w, w, false, true);
    expectClose(product(merged.weight).dataSync(), product(weight).dataSync<'float32'>(), 1e-5, 'W W^T');
  });

  it('the same in forward as merged', () => {
    const attached = attach(hra, { r: 3 });
    const x = inputsFor(attached);
    const expected = tf.add(tf.matMul(x, attached.merged.weight as tf.Tensor2D, false, true), attached.merged.bias!);
    expectClose(attached.forward(x).dataSync(), expected.dataSync<'float32'>(), 1e-5, 'output');
  });

  it('stays exact where all reflections are nearly the same one', () => {
    const r = 32;
    const layer = linearLayer(2, 6);
    const attached = attach(hra, { r }, { layer });
    const [one, noise] = [randomStream(1, 'one').normals(6), randomStream(1, 'noise').normals(6 * r)];
    const values = Float32Array.from({ length: 6 * r }, (_, at) => one[Math.floor(at / r)]! + 1e-3 * noise[at]!);
    const { weight } = hra.merged({
      layer,
      options: hra.plan(hra.config.parse({ r }), [layer], randomStream(1)).layers.get(layer.name)!,
      weight: tf.tensor2d(attached.weight as number[][]),
      parameter: () => tf.tensor2d(values, [6, r]),
      dropout: (x) => x,
    });
    const vectors = Array.from({ length: r }, (_, k) =>
      unit(Array.from({ length: 6 }, (_row, i) => values[i * r + k]!)),
    );
    expectClose(weight.dataSync<'float32'>(), reflected(attached.weight, vectors).flat(), 1e-4, 'merged weight');
  });
});

describe('the start', () => {
  it.each([
    [{ r: 4 }, true],
    [{ r: 3 }, false],
    [{ r: 4, apply_GS: true }, false],
    [{ r: 4, init_weights: false }, false],
  ])('%o is the base: %s', (options, isBase) => {
    expect(hra.isIdentityAtStart(hra.config.parse(options))).toBe(isBase);
    const attached = attach(hra, options, { noise: 0, layer: linearLayer(4, 6) });
    const merged = attached.merged.weight.dataSync<'float32'>();
    const furthest = Math.max(...attached.weight.flat().map((value, i) => Math.abs(value - merged[i]!)));
    expect(furthest < 1e-5).toBe(isBase);
  });

  it('with apply_GS has columns that can be made orthogonal', () => {
    const attached = attach(hra, { r: 4, apply_GS: true }, { noise: 0, layer: linearLayer(4, 6) });
    expectReflected(attached, orthonormal(columnsOf(attached.value('hra_u'))));
  });
});

describe('sizes', () => {
  it('more reflections than inputs cannot be orthogonal', () => {
    const check = (options: object): unknown => {
      const layer = linearLayer(3, 5);
      return hra.check?.(hra.config.parse({ target_modules: ['q_proj'], ...options }), [layer]);
    };
    expect(check({ r: 6, apply_GS: true })).toMatchObject([{ severity: 'error', path: 'r' }]);
    expect(check({ r: 5, apply_GS: true })).toEqual([]);
    expect(check({ r: 6 })).toEqual([]);
  });
});
