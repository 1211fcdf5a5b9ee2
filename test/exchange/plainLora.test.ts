import { describe, expect, it } from 'vitest';
import type { TargetLayer } from '../../core/contracts/parameter.ts';
import { plainLora } from '../../core/exchange/plainLora.ts';
import type { LoraLayer } from '../../core/exchange/plainLora.ts';
import type { LayerWeights, WeightSource } from '../../core/spectra/layerWeights.ts';

const base = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));

function weights(
  name: string,
  kind: TargetLayer['kind'],
  change: LayerWeights['change'],
  rest: Partial<LayerWeights> = {},
): LayerWeights {
  const shape = kind === 'linear' ? [3, 4] : [12];
  const layer: TargetLayer = { name, module: name, kind, shape, hasBias: rest.baseBias !== undefined };
  return { layer, base, baseHash: undefined, change, parameters: [], ...rest };
}

function sourceOf(...layers: readonly LayerWeights[]): WeightSource {
  return {
    layers: layers.map(({ layer }) => layer),
    read: (wanted) => Promise.resolve(layers.find(({ layer }) => layer === wanted) as LayerWeights),
    close: () => undefined,
  };
}

function product({ a, b, scaling }: LoraLayer): number[] {
  const [rank = 0] = a.shape;
  return Array.from({ length: 12 }, (_, at) => {
    const [row, column] = [Math.floor(at / 4), at % 4];
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += (b.values[row * rank + k] ?? 0) * (a.values[k * 4 + column] ?? 0);
    return scaling * sum;
  });
}

/** diag(3, 2, 1) in the first three columns. */
const diagonal = Float32Array.from({ length: 12 }, (_, at) => (Math.floor(at / 4) === at % 4 ? 3 - (at % 4) : 0));
const merged = base.map((value, i) => value + (diagonal[i] ?? 0));

describe('plainLora', () => {
  it('takes an exact form as it is', async () => {
    const a = { shape: [1, 4], values: new Float32Array([1, 2, 3, 4]) };
    const b = { shape: [3, 1], values: new Float32Array([1, 0, 2]) };
    const source = sourceOf(weights('q', 'linear', { kind: 'low-rank', a, b, scaling: 2 }));
    const { layers, relativeError } = await plainLora(source, { method: 'x' });
    expect(layers[0]).toMatchObject({ a, b, scaling: 2 });
    expect(relativeError).toBe(0);
  });

  it('cuts to a rank, and tells what is lacking', async () => {
    const source = sourceOf(weights('q', 'linear', { kind: 'whole', merged }));
    const errors = await Promise.all([1, 2, 3, 9].map((rank) => plainLora(source, { method: 'x', rank })));
    const norm = Math.sqrt(9 + 4 + 1);
    expect(errors.map(({ relativeError }) => relativeError)).toEqual([
      expect.closeTo(Math.sqrt(5) / norm, 6),
      expect.closeTo(1 / norm, 6),
      expect.closeTo(0, 3),
      expect.closeTo(0, 3),
    ]);
    expect(errors[3]?.layers[0]?.a.shape).toEqual([3, 4]);
    expect(product(errors[2]?.layers[0] as LoraLayer)).toEqual(
      [...diagonal].map((value) => expect.closeTo(value, 5) as unknown),
    );
    expect(product(errors[0]?.layers[0] as LoraLayer).map(Math.round)).toEqual([3, ...new Array<number>(11).fill(0)]);
  });

  it('cuts a low rank without forming the product', async () => {
    const a = { shape: [2, 4], values: new Float32Array([1, 0, 0, 0, 0, 1, 0, 0]) };
    const b = { shape: [3, 2], values: new Float32Array([3, 0, 0, 4, 0, 0]) };
    const source = sourceOf(weights('q', 'linear', { kind: 'low-rank', a, b, scaling: -2 }));
    const { layers, relativeError } = await plainLora(source, { method: 'x', rank: 1 });
    expect(relativeError).toBeCloseTo(3 / 5, 6);
    expect(product(layers[0] as LoraLayer)[5]).toBeCloseTo(-8, 5);
    expect((await plainLora(source, { method: 'x', rank: 2 })).relativeError).toBe(0);
  });

  it('leaves out norms and biases at a rank, and counts them as lacking', async () => {
    const moved = base.map((value) => value + 1);
    const biases = { baseBias: new Float32Array([0, 0, 0]) };
    const source = sourceOf(
      weights('q', 'linear', { kind: 'whole', merged, mergedBias: new Float32Array([0, 2, 0]) }, biases),
      weights('norm', 'norm', { kind: 'whole', merged: moved }),
      weights('still', 'norm', { kind: 'whole', merged: base }),
    );
    const { leftOut, relativeError } = await plainLora(source, { method: 'x', rank: 3 });
    expect(leftOut).toEqual([
      { name: 'q.bias', norm: 2 },
      { name: 'norm.weight', norm: expect.closeTo(Math.sqrt(12), 5) as unknown },
    ]);
    expect(relativeError).toBeCloseTo(Math.sqrt((4 + 12) / (14 + 4 + 12)), 5);
  });

  it('refuses what is not exactly LoRA where no rank is given, naming the place', async () => {
    const whole = weights('q', 'linear', { kind: 'whole', merged });
    const norm = weights('norm', 'norm', { kind: 'whole', merged: base.map((value) => 2 * value) });
    await expect(plainLora(sourceOf(whole), { method: 'x' })).rejects.toThrow(
      'What the method "x" does to q is not exactly LoRA',
    );
    await expect(plainLora(sourceOf(norm, whole), { method: 'x' })).rejects.toThrow(
      'does to norm.weight is not exactly LoRA',
    );
    await expect(plainLora(sourceOf(norm), { method: 'x', rank: 4 })).rejects.toThrow('adapts no linear layer here');
  });
});
