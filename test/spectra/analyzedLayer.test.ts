import { describe, expect, it } from 'vitest';
import { analyzed, layerWeights } from '../../core/conformance/analyzerBench.ts';
import { add, columnsOf, matrix, type Matrix } from '../../core/linalg/matrix.ts';
import { bestCosines, energyAlong, principalAngles } from '../../core/linalg/subspace.ts';
import { svd } from '../../core/linalg/svd.ts';
import { energyShares } from '../../core/spectra/energyShares.ts';
import type { LayerWeights } from '../../core/spectra/layerWeights.ts';
import { rotationAngles } from '../../core/spectra/rotationAngles.ts';

const TOP = 4;

/** The same layer, given by its whole weight after training, in float64 as it would be in a file of float32. */
async function asWhole(weights: LayerWeights): Promise<LayerWeights> {
  const layer = analyzed(weights);
  const sum = add(await layer.base(), await layer.update());
  return { ...weights, change: { kind: 'whole', merged: Float32Array.from(sum.data) } };
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  Array.from(expected).forEach((value, index) => {
    expect(Math.abs((actual[index] ?? Number.NaN) - value)).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(value)),
    );
  });
}

function largestPerColumn({ columns, data }: Matrix): number[] {
  return Array.from({ length: columns }, (_, column) =>
    data.reduce((most, value, at) => (at % columns === column ? Math.max(most, Math.abs(value)) : most), 0),
  );
}

const shapes: readonly (readonly [string, readonly [number, number], number])[] = [
  ['square', [20, 20], 3],
  ['tall', [40, 16], 3],
  ['wide', [16, 40], 3],
  ['of rank 1', [24, 18], 1],
  ['of full rank', [12, 10], 10],
];

describe.each(shapes)('a layer that is %s', (_name, shape, rank) => {
  const lowRank = layerWeights('layer', shape, rank);

  it.each([
    ['by its factors', false],
    ['by its factors, in full', true],
  ])('agrees with dense decompositions %s', async (_way, full) => {
    const layer = analyzed(lowRank, { top: TOP, full });
    const [base, update] = [await layer.base(), await layer.update()];
    const [before, after] = [svd(base), svd(add(base, update))];
    const { values } = await layer.mergedDecomposition();
    expectClose(values.subarray(0, TOP), after.s.subarray(0, TOP), 1e-9);
    for (const side of ['left', 'right'] as const) {
      const [own, merged] = side === 'left' ? [before.u, after.u] : [before.v, after.v];
      const leading = columnsOf(merged, 0, TOP);
      const overlap = await layer.mergedOverlap(side);
      expectClose(rotationAngles(overlap, TOP), principalAngles(columnsOf(own, 0, TOP), leading), 1e-6);
      expectClose(largestPerColumn(overlap.along), bestCosines(own, leading), 1e-7);
      expectClose(await energyShares(layer, side), energyAlong(own, update, side), 1e-7);
      const vectors = await (await layer.mergedDecomposition())[side](TOP);
      expectClose(bestCosines(vectors, leading), new Float64Array(TOP).fill(1), 1e-9);
    }
  });

  it('is the same given by its factors and by its whole weight', async () => {
    const [factors, whole] = [analyzed(lowRank), analyzed(await asWhole(lowRank))];
    const of = async (layer: typeof factors): Promise<number[]> => [
      ...(await layer.mergedDecomposition()).values.subarray(0, 3),
      ...rotationAngles(await layer.mergedOverlap('left'), 3),
      ...(await energyShares(layer, 'left')),
      ...(await energyShares(layer, 'right')),
    ];
    expectClose(await of(factors), await of(whole), 1e-5);
  });
});

it('computes nothing before it is asked for, and everything once', async () => {
  const weights = layerWeights('once', [6, 4], 2);
  let count = 0;
  const { analyzedLayer } = await import('../../core/spectra/analyzedLayer.ts');
  const layer = analyzedLayer(weights, { top: 2, full: false }, ({ rows, columns, data }) => {
    count += 1;
    const { s, v } = svd(matrix(rows, columns, data));
    return Promise.resolve({ s, side: 'right', vectors: v });
  });
  await layer.updateDecomposition();
  expect(count).toBe(0);
  await Promise.all([layer.baseDecomposition(), layer.mergedOverlap('left'), layer.mergedOverlap('right')]);
  expect(count).toBe(1);
});

it('finds no update where B is 0', async () => {
  const weights = layerWeights('start', [8, 6], 2);
  if (weights.change.kind !== 'low-rank') throw new Error('a low-rank change');
  const b = { ...weights.change.b, values: new Float32Array(weights.change.b.values.length) };
  const layer = analyzed({ ...weights, change: { ...weights.change, b } });
  expect((await layer.updateDecomposition()).values).toHaveLength(0);
  expectClose((await layer.mergedDecomposition()).values, (await layer.baseDecomposition()).values, 0);
  expectClose(rotationAngles(await layer.mergedOverlap('left'), 3), [0, 0, 0], 0);
});
