import { describe, expect, it } from 'vitest';
import type { ParameterRole, ParameterSpec } from '../../../core/contracts/parameter.ts';
import { matrix } from '../../../core/linalg/matrix.ts';
import { singularValues } from '../../../core/linalg/svd.ts';
import { orthogonalised } from '../../../core/optimizer/orthogonalised.ts';
import { compile } from '../../../core/tensor/compile.ts';
import { randomStream } from '../../../core/tensor/random.ts';
import type { tf } from '../../../core/tensor/tf.ts';
import { muon } from '../../../plugins/optimizers/muon.ts';

const config = muon.config.parse({});

function spec(role: ParameterRole, shape: readonly number[], kind: 'linear' | 'embedding' = 'linear'): ParameterSpec {
  const layer = { name: 'layer', module: 'layer', kind, shape: [4, 4], hasBias: false } as const;
  return { name: `layer.${role}`, role, shape, trainable: true, layer, scaling: 1 };
}

async function orthogonalisedValues(
  shapes: readonly (readonly [number, number])[],
  values: readonly Float32Array[],
): Promise<readonly Float32Array[]> {
  const inputs = Object.fromEntries(shapes.map((shape, i) => [`m${i}`, { shape, dtype: 'float32' } as const]));
  const options = { coefficients: config.ns_coefficients, iterations: 5, eps: 1e-7, bfloat16: false };
  const graph = await compile(inputs, (tensors) => {
    const results = orthogonalised(
      shapes.map((_, i) => tensors[`m${i}`] as tf.Tensor2D),
      options,
    );
    return Object.fromEntries(results.map((result, i) => [`m${i}`, result]));
  });
  const results = await graph.run(Object.fromEntries(values.map((each, i) => [`m${i}`, each])));
  await graph.release();
  return shapes.map((_, i) => results[`m${i}`]!.data as Float32Array);
}

describe('orthogonalised', () => {
  const shapes = [
    [8, 24],
    [24, 8],
    [8, 24],
    [5, 5],
  ] as const;
  const drawn = shapes.map(([rows, columns], i) => randomStream(3, i).normals(rows * columns));

  it('brings all singular values near 1, of wide, tall and square matrices', async () => {
    const results = await orthogonalisedValues(shapes, drawn);
    for (const [i, [rows, columns]] of shapes.entries()) {
      const values = singularValues(matrix(rows, columns, results[i]));
      expect(Math.max(...values)).toBeLessThan(1.3);
      // A square matrix has singular values near 0, which five iterations lift by 3.4445^5 at most.
      expect(Math.min(...values)).toBeGreaterThan(rows === columns ? 0.1 : 0.5);
    }
  });

  it('gives each matrix what it gets alone: nothing mixes in a stack, and a turned matrix turns back', async () => {
    const together = await orthogonalisedValues(shapes, drawn);
    for (const [i, shape] of shapes.entries()) {
      const [alone] = await orthogonalisedValues([shape], [drawn[i]!]);
      expect(alone!.every((value, at) => Math.abs(value - together[i]![at]!) < 1e-5)).toBe(true);
    }
    const flipped = Float32Array.from(drawn[0]!, (_, at) => drawn[0]![(at % 8) * 24 + Math.floor(at / 8)]!);
    const [wide, tall] = await orthogonalisedValues(
      [
        [8, 24],
        [24, 8],
      ],
      [drawn[0]!, flipped],
    );
    expect(tall!.every((value, at) => Math.abs(value - wide![(at % 8) * 24 + Math.floor(at / 8)]!) < 1e-6)).toBe(true);
  });
});

describe('muon', () => {
  it('keeps momentum alone for hidden matrices, and Adam’s averages for vectors and embeddings', () => {
    const names = (parameter: ParameterSpec) => muon.slots(config, parameter).map(({ name }) => name);
    expect(names(spec('lora_A', [2, 4]))).toEqual(['momentum_buffer']);
    expect(names(spec('weight', [4, 4]))).toEqual(['momentum_buffer']);
    for (const other of [spec('magnitude', [4]), spec('embedding', [9, 4]), spec('lora_B', [4, 2], 'embedding')])
      expect(names(other)).toEqual(['exp_avg', 'exp_avg_sq']);
  });
});
