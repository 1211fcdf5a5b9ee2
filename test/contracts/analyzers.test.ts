import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { AnalyzedLayer, Analyzer, MatrixView, Series } from '../../core/contracts/analyzer.ts';
import { matrix } from '../../core/linalg/matrix.ts';
import { singularValues } from '../../core/linalg/svd.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { plugins } from '../../plugins/index.ts';
import { configFor } from './pluginConfigs.ts';

/** What the contract was written against: the spectrum of each update, and the share of its energy by layer and direction. */
const updateSpectrum: Analyzer<{ values: number }> = {
  id: 'update-spectrum',
  summary: 'Singular values of the update of each layer',
  source: 'this test',
  config: z.strictObject({ values: z.int().min(1).default(3) }),
  async *analyze(config, layers) {
    const rows: string[] = [];
    const shares: number[] = [];
    const places = Array.from({ length: config.values }, (_, i) => i + 1);
    for await (const { layer, base, merged } of layers) {
      const [out = 0, inputs = 0] = layer.shape;
      const difference = merged.values.map((value, i) => value - base.values[i]!);
      const spectrum = Array.from(singularValues(matrix(out, inputs, difference)).subarray(0, config.values));
      const energy = spectrum.reduce((sum, value) => sum + value ** 2, 0);
      rows.push(layer.name);
      shares.push(...spectrum.map((value) => value ** 2 / energy));
      yield {
        kind: 'series',
        title: layer.name,
        x: { label: 'index', values: places },
        y: { label: 'singular value', unit: '1', values: spectrum },
      };
    }
    yield { kind: 'matrix', title: 'energy', unit: '1', rows, columns: places.map(String), values: shares };
  },
};

const layers = ['one', 'two'].map((name): AnalyzedLayer => {
  const values = (what: string): Float32Array => randomStream(1, name, what).normals(12);
  const layer = { name, module: name, kind: 'linear', shape: [4, 3], hasBias: false } as const;
  return {
    layer,
    base: { shape: [4, 3], values: values('base') },
    merged: { shape: [4, 3], values: values('merged') },
  };
});

async function* stream(): AsyncGenerator<AnalyzedLayer> {
  for (const layer of layers) yield await Promise.resolve(layer);
}

async function viewsOf(analyzer: Analyzer): Promise<(Series | MatrixView)[]> {
  const views: (Series | MatrixView)[] = [];
  for await (const view of analyzer.analyze(configFor(analyzer), stream())) views.push(view);
  return views;
}

const analyzers: readonly Analyzer[] = [...plugins.analyzers, updateSpectrum];

describe.each(analyzers.map((analyzer) => [analyzer.id, analyzer] as const))('%s', (_id, analyzer) => {
  it('yields series and matrices that can be drawn as they are', async () => {
    const views = await viewsOf(analyzer);
    expect(views.length).toBeGreaterThan(0);
    for (const view of views) {
      expect(view.title).not.toBe('');
      const values = view.kind === 'series' ? view.y.values : view.values;
      const expected = view.kind === 'series' ? view.x.values.length : view.rows.length * view.columns.length;
      expect(values.length, view.title).toBe(expected);
      expect(values.every(Number.isFinite), view.title).toBe(true);
      expect(view.kind === 'series' ? view.y.unit : view.unit, view.title).not.toBe('');
    }
  });

  it('yields the same again, and writes to no weight', async () => {
    const before = structuredClone(layers);
    expect(await viewsOf(analyzer)).toEqual(await viewsOf(analyzer));
    expect(layers).toEqual(before);
  });
});
