import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ParameterRole, ParameterSpec } from '../../../core/contracts/parameter.ts';
import { matrix } from '../../../core/linalg/matrix.ts';
import { svd } from '../../../core/linalg/svd.ts';
import { gradientSchema } from '../../../core/optimizer/gradient/gradientSteps.ts';
import { transformGradients } from '../../../core/optimizer/gradient/transformGradients.ts';
import { randomStream } from '../../../core/tensor/random.ts';
import { tf } from '../../../core/tensor/tf.ts';
import type { Policy } from '../../../core/training/policy.ts';
import { gradientDirections } from '../../../core/training/gradientDirections.ts';
import { expectClose } from '../../closeness.ts';

const layer = { name: 'q', module: 'q_proj', kind: 'linear', shape: [6, 5], hasBias: false } as const;
const weight = randomStream(1, 'weight').normals(30);

function spec(role: ParameterRole, shape: readonly number[]): ParameterSpec {
  return { name: `q.${role}`, role, shape, trainable: true, layer, scaling: 1 };
}

const all = [spec('lora_A', [2, 5]), spec('lora_B', [6, 2]), spec('weight', [6, 5]), spec('magnitude', [6])];
const drawn = all.map(({ role, shape }) => randomStream(2, role).normals(shape.reduce((a, b) => a * b, 1)));

/** What the steps of an experiment make of the gradients, by role. */
function transformed(...steps: readonly object[]): Readonly<Record<string, Float32Array>> {
  const parsed = gradientSchema.parse(steps);
  const checkpoint = { weights: new Map([['q.weight', { shape: [6, 5], data: weight }]]) };
  const policy = { parameters: all } as unknown as Policy;
  const directions = gradientDirections(parsed, checkpoint, policy, 3);
  const given = all.map((own, i) => ({ spec: own, gradient: tf.tensor(drawn[i]!, [...own.shape]) }));
  const results = transformGradients(parsed, given, directions);
  return Object.fromEntries(all.map(({ role }, i) => [role, results[i]!.dataSync<'float32'>()]));
}

const before = Object.fromEntries(all.map(({ role }, i) => [role, drawn[i]!]));
const norm = (values: Iterable<number>): number => Math.hypot(...values);
/** G v of a row-major [rows, columns], or v^T G. */
const along = (
  g: Float32Array,
  [rows, columns]: readonly [number, number],
  v: readonly number[],
  side: 'left' | 'right',
) =>
  side === 'right'
    ? Array.from({ length: rows }, (_, r) => v.reduce((sum, x, c) => sum + x * g[r * columns + c]!, 0))
    : Array.from({ length: columns }, (_, c) => v.reduce((sum, x, r) => sum + x * g[r * columns + c]!, 0));

describe('transformGradients', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('leaves gradients as they are where there is nothing to do', () => {
    expect(transformed()).toEqual(before);
  });

  it('clips each parameter by its own norm, or those that are selected by their common one', () => {
    const each = transformed({ type: 'clip_norm', max_norm: 0.5 });
    for (const values of Object.values(each)) expect(norm(values)).toBeCloseTo(0.5, 5);
    const pair = transformed({ type: 'clip_norm', max_norm: 0.5, per: 'all', roles: ['lora_A', 'lora_B'] });
    expect(norm([...pair['lora_A']!, ...pair['lora_B']!])).toBeCloseTo(0.5, 5);
    expect(pair['weight']).toEqual(before['weight']);
    const largest = transformed({ type: 'clip_norm', max_norm: 0.1, norm: 'inf', per: 'all' });
    expect(Math.max(...Object.values(largest).flatMap((values) => [...values].map(Math.abs)))).toBeCloseTo(0.1, 5);
  });

  it('clips values', () => {
    const { lora_A: a } = transformed({ type: 'clip_value', max_value: 0.25 });
    expectClose(
      a,
      before['lora_A']!.map((value) => Math.max(-0.25, Math.min(0.25, value))),
      1e-7,
      'A',
    );
  });

  it('takes the mean of each row from matrices, and nothing from vectors', () => {
    const { lora_A: a, magnitude } = transformed({ type: 'centralize' });
    for (const row of [0, 1]) {
      const mean = before['lora_A']!.subarray(5 * row, 5 * row + 5).reduce((sum, value) => sum + value, 0) / 5;
      expectClose(
        a!.subarray(5 * row, 5 * row + 5),
        before['lora_A']!.subarray(5 * row, 5 * row + 5).map((value) => value - mean),
        1e-6,
        'A',
      );
    }
    expect(magnitude).toEqual(before['magnitude']);
  });

  it('projects A, B and whole weights away from the base’s leading directions, and onto them', () => {
    const { u, v } = svd(matrix(6, 5, weight));
    const vectorOf = (from: typeof u, column: number): number[] =>
      Array.from({ length: from.rows }, (_, row) => from.data[row * from.columns + column]!);
    const away = transformed({ type: 'project', keep: 'away', rank: 2 });
    const onto = transformed({ type: 'project', keep: 'onto', rank: 2 });
    for (let k = 0; k < 5; k++) {
      const [left, right] = [vectorOf(u, k), vectorOf(v, k)];
      const parts = (of: typeof away) => [
        along(of['lora_A']!, [2, 5], right, 'right'),
        along(of['lora_B']!, [6, 2], left, 'left'),
        along(of['weight']!, [6, 5], right, 'right'),
        along(of['weight']!, [6, 5], left, 'left'),
      ];
      // Nothing is left in the two leading ones, or in any other.
      parts(k < 2 ? away : onto).forEach((part, i) =>
        expectClose(
          part,
          part.map(() => 0),
          1e-6,
          `direction ${k}, part ${i}`,
        ),
      );
      const [kept, given] = [parts(k < 2 ? onto : away), parts(before)];
      for (const i of [0, 1]) expectClose(kept[i], given[i]!, 1e-6, `direction ${k}, part ${i}`);
    }
    expect(away['magnitude']).toEqual(before['magnitude']);
  });

  it('takes the steps in the order given', () => {
    const [clip, centre] = [{ type: 'clip_value', max_value: 0.25 }, { type: 'centralize' }];
    expect(Math.max(...transformed(centre, clip)['lora_A']!)).toBeLessThanOrEqual(0.25);
    expect(transformed(clip, centre)['lora_A']).not.toEqual(transformed(centre, clip)['lora_A']);
  });

  it.each([
    [{ type: 'clip_norm', max_norm: 1, per: 'all' }, 'training.max_grad_norm clips'],
    [{ type: 'project', keep: 'away', rank: 5 }, 'must be below the 5 directions'],
    [{ type: 'project', keep: 'away', rank: 1, roles: ['magnitude'] }, 'none of these is trained and selected'],
  ])('refuses %o', (step, message) => {
    expect(() => transformed(step)).toThrow(message);
  });
});
