import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Analyzer, LayerFindings } from '../../core/contracts/analyzer.ts';
import type { LayerWeights } from '../../core/spectra/layerWeights.ts';
import { plugins } from '../../plugins/index.ts';
import { analyzed, layerWeights } from '../spectra/layers.ts';
import { configFor } from './pluginConfigs.ts';

/** An analyzer of a user's own: the mean entry of the update. */
const meanEntry: Analyzer<{ scale: number }> = {
  id: 'mean-entry',
  summary: 'Mean entry of the update of each layer',
  source: 'this test',
  config: z.strictObject({ scale: z.number().default(1) }),
  measures: { mean: { title: 'mean', unit: '1', explanation: 'Mean entry of dW.' } },
  matrices: { ends: { title: 'ends', unit: '1', explanation: 'First and last.', columns: ['first', 'last'] } },
  async analyze({ scale }, layer) {
    const { data } = await layer.update();
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    return { numbers: { mean: scale * mean }, rows: { ends: [data[0] ?? 0, data.at(-1) ?? 0] } };
  },
};

const withoutUpdate = layerWeights('still', [4, 3], 1);
const cases: readonly (readonly [string, LayerWeights])[] = [
  ['a tall layer with a low-rank update', layerWeights('tall', [6, 4], 2)],
  ['a wide layer with a low-rank update', layerWeights('wide', [4, 6], 2)],
  ['a layer with an update of full rank', layerWeights('whole', [5, 5])],
  ['a single row', layerWeights('row', [1, 5], 1)],
  ['rank-deficient W', { ...layerWeights('deficient', [4, 4], 1), base: new Float32Array(16).fill(1) }],
  ['W = 0', { ...layerWeights('nothing', [4, 3], 2), base: new Float32Array(12) }],
  ['dW = 0', { ...withoutUpdate, change: { kind: 'whole', merged: withoutUpdate.base } }],
];
const analyzers: readonly Analyzer[] = [...plugins.analyzers, meanEntry];

function expectDrawable({ numbers = {}, rows = {}, series = [] }: LayerFindings, analyzer: Analyzer): void {
  for (const [name, value] of Object.entries(numbers)) {
    expect(Object.keys(analyzer.measures)).toContain(name);
    expect(value, name).toSatisfy(Number.isFinite);
  }
  for (const [name, row] of Object.entries(rows)) {
    expect(row, name).toHaveLength(analyzer.matrices?.[name]?.columns.length ?? 0);
    expect(row, name).toSatisfy((values: number[]) => values.every(Number.isFinite));
  }
  for (const { title, x, y, lines } of series) {
    for (const text of [title, x.label, y.label, y.unit]) expect(text).not.toBe('');
    expect(new Set(lines.map(({ label }) => label)).size).toBe(lines.length);
    for (const line of lines) {
      expect(line.values.length).toBeLessThanOrEqual(x.values.length);
      expect(line.values.every(Number.isFinite), `${title}: ${line.label}`).toBe(true);
    }
  }
}

describe.each(analyzers.map((analyzer) => [analyzer.id, analyzer] as const))('%s', (_id, analyzer) => {
  it('says what each of its numbers is, with a unit', () => {
    const described = [...Object.values(analyzer.measures), ...Object.values(analyzer.matrices ?? {})];
    expect(described.length).toBeGreaterThan(0);
    for (const { title, unit, explanation } of described) {
      expect(title).toMatch(/^\S.{0,50}$/u);
      expect(unit).not.toBe('');
      expect(explanation).toMatch(/^\S.{5,}\.$/u);
    }
    for (const name of [...Object.keys(analyzer.measures), ...Object.keys(analyzer.matrices ?? {})]) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    }
  });

  it.each(cases)('gives only finite numbers that it declared: %s', async (_name, weights) => {
    for (const depth of [
      { top: 3, full: false },
      { top: 64, full: true },
    ]) {
      expectDrawable(await analyzer.analyze(configFor(analyzer), analyzed(weights, depth)), analyzer);
    }
  });

  it('finds the same again, and writes to nothing', async () => {
    const weights = layerWeights('again', [6, 5], 2);
    const before = structuredClone(weights);
    const look = (): Promise<LayerFindings> => analyzer.analyze(configFor(analyzer), analyzed(weights));
    expect(await look()).toEqual(await look());
    expect(weights).toEqual(before);
  });
});
