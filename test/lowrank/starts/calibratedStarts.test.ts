import { describe, expect, it } from 'vitest';
import type { LayerCalibration } from '../../../core/contracts/adapter.ts';
import { matrix, type Matrix } from '../../../core/linalg/matrix.ts';
import { multiply, multiplyLeftTransposed } from '../../../core/linalg/multiply.ts';
import { singularValues, svd } from '../../../core/linalg/svd.ts';
import { randomStream } from '../../../core/tensor/random.ts';
import { expectClose } from '../../closeness.ts';
import { gram, productOf, startBench, unit } from './startBench.ts';

const [out, inputs, rank] = [7, 9, 2];
const { weight, shape, start } = startBench(out, inputs);

/** 40 rows of inputs, along a few directions more than along the others, in two batches. */
const rows = 40;
const values = randomStream(5)
  .normals(rows * inputs)
  .map((value, i) => value * (1 + 4 * (i % inputs === 3 ? 1 : 0)));
const activations: LayerCalibration = { kind: 'activations', values, batchRows: [30, 10] };
const gradients: LayerCalibration = { kind: 'gradients', values: randomStream(6).normals(out * inputs) };

function minus(left: Matrix, right: Matrix): Matrix {
  return { ...left, data: left.data.map((value, i) => value - right.data[i]!) };
}

describe('CorDA', () => {
  /** The mean over batches of X^T X for X divided by its largest entry, with a hundredth of its mean diagonal on the diagonal. */
  const covariance = (() => {
    const sum = new Float64Array(inputs * inputs);
    for (const [from, to] of [
      [0, 30],
      [30, 40],
    ] as const) {
      const batch = values.subarray(from * inputs, to * inputs);
      const largest = batch.reduce((most, value) => Math.max(most, value), -Infinity);
      const x = matrix(
        to - from,
        inputs,
        batch.map((value) => value / largest),
      );
      multiplyLeftTransposed(x, x).data.forEach((value, i) => (sum[i]! += value / 2));
    }
    const mean = unit(inputs).reduce((total, one, i) => total + one * sum[i]!, 0) / inputs;
    return matrix(
      inputs,
      inputs,
      sum.map((value, i) => value + 0.01 * mean * unit(inputs)[i]!),
    );
  })();

  it.each([
    ['ipm', (all: Float64Array) => [...all.slice(rank), 0, 0]],
    ['kpm', (all: Float64Array) => [...all.slice(0, -rank), 0, 0]],
  ] as const)('%s: what is left of W C lacks those singular values', (method, kept) => {
    const factors = start('corda', rank, { calibration: activations, corda_config: { corda_method: method } });
    const left = multiply(minus(weight, productOf(factors, shape, 2)), covariance);
    expectClose(singularValues(left), kept(singularValues(multiply(weight, covariance))), 1e-4, 'singular values');
  });

  it('balances the factors by the values of W C', () => {
    const { b } = start('corda', rank, { calibration: activations });
    const expected = singularValues(multiply(weight, covariance)).slice(0, rank);
    const columns = matrix(out, rank, b);
    const norms = multiplyLeftTransposed(columns, columns);
    expectClose([norms.data[0]!, norms.data[3]!], [expected[0]! / 2, expected[1]! / 2], 1e-4, 'B^T B');
  });

  it.each([
    ['none', undefined, 'needs activations of block.q_proj'],
    ['of another kind', gradients, 'needs activations of block.q_proj'],
    ['of another width', { kind: 'activations', values: new Float32Array(10) }, 'no rows of 9'],
    ['zero', { kind: 'activations', values: new Float32Array(18) }, 'are zero or not finite'],
  ] as const)('refuses calibration that is %s', (_what, calibration, message) => {
    expect(() => start('corda', rank, calibration === undefined ? {} : { calibration })).toThrow(message);
  });
});

describe('LoRA-GA', () => {
  const gradient = matrix(out, inputs, gradients.values);
  const { u, s, v } = svd(gradient);
  /** |cosines| of A's rows with the right vectors, and of B's columns with the left ones, which are 0 or 1. */
  const taken = (vectors: Matrix, rowsOf: Matrix): number[] => {
    const products = multiply(rowsOf, vectors);
    return Array.from({ length: rank }, (_, k) => {
      const row = Array.from(products.data.subarray(k * products.columns, (k + 1) * products.columns), Math.abs);
      return row.indexOf(Math.max(...row));
    });
  };
  const columnsAsRows = (b: Float32Array): Matrix =>
    matrix(
      rank,
      out,
      Array.from({ length: rank * out }, (_, i) => b[(i % out) * rank + Math.floor(i / out)]!),
    );

  it.each([
    ['ArBr', [1, 3], [0, 2]],
    ['A2rBr', [2, 3], [0, 1]],
    ['ArB2r', [0, 1], [2, 3]],
  ] as const)('%s takes the triplets %j for A and %j for B', (direction, ofA, ofB) => {
    const options = { direction, scale: 'unit', stable_gamma: 16 } as const;
    const { a, b } = start('lora_ga', rank, { calibration: gradients, lora_ga_config: options });
    expect(taken(v, matrix(rank, inputs, a))).toEqual(ofA);
    expect(taken(u, columnsAsRows(b))).toEqual(ofB);
    expectClose(gram(matrix(rank, inputs, a)).data, unit(rank), 1e-6, 'A A^T');
    const sizes = gram(columnsAsRows(b)).data;
    expectClose(
      [sizes[0]!, sizes[3]!],
      ofB.map((k) => s[k]! ** 2),
      1e-5,
      'B^T B',
    );
  });

  it('random takes the same for both', () => {
    const options = { direction: 'random', scale: 'unit', stable_gamma: 16 } as const;
    const { a, b } = start('lora_ga', rank, { calibration: gradients, lora_ga_config: options });
    expect(taken(v, matrix(rank, inputs, a))).toEqual(taken(u, columnsAsRows(b)));
  });

  it.each([
    ['stable', 1, out ** 0.25 / Math.sqrt(25)],
    ['gd_scale', 1 / 2, 1 / 2],
    ['weight_svd', 1, singularValues(weight)[0]! / s[2]!],
  ] as const)('%s scales A by %d and B by %d', (scale, ofA, ofB) => {
    const scaled = (name: 'unit' | typeof scale) =>
      start('lora_ga', rank, {
        calibration: gradients,
        lora_ga_config: { direction: 'ArB2r', scale: name, stable_gamma: 25 },
      });
    const [plain, own] = [scaled('unit'), scaled(scale)];
    expectClose(
      own.a,
      plain.a.map((value) => value * ofA),
      1e-6,
      'A',
    );
    expectClose(
      own.b,
      plain.b.map((value) => value * ofB),
      1e-5,
      'B',
    );
  });

  it('refuses a gradient of another shape', () => {
    const calibration = { kind: 'gradients', values: new Float32Array(10) } as const;
    expect(() => start('lora_ga', rank, { calibration })).toThrow('no rows of 63');
  });
});
