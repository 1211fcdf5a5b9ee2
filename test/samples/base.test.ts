import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCatalog } from '../../core/container.ts';
import { parseExperiment } from '../../core/experiment/parse.ts';
import { resolveExperiment } from '../../core/experiment/resolve.ts';
import { loadCheckpoint } from '../../core/model/checkpoint.ts';
import { loadTokenizer } from '../../core/model/tokenizer.ts';
import { plugins } from '../../plugins/index.ts';
import { baseSizes } from '../../samples/recipe/baseSizes.ts';
import { baseVocabulary, writeBaseTokenizer } from '../../samples/recipe/baseTokenizer.ts';
import { corpusDataset } from '../../samples/recipe/corpus.ts';

interface Recipe {
  readonly size: string;
  readonly corpus: unknown;
  readonly accuracy: Readonly<Record<string, { readonly passAt1: number; readonly passAt8: number }>>;
}

const samples = path.join(import.meta.dirname, '..', '..', 'samples');
const base = path.join(samples, 'base');
const recipe = JSON.parse(readFileSync(path.join(base, 'recipe.json'), 'utf8')) as Recipe;

describe('samples/base', () => {
  it('is small enough for a repository', () => {
    const bytes = readdirSync(base).map((name) => statSync(path.join(base, name)).size);
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(8 * 1024 * 1024);
  });

  it('is what the recipe makes now', async () => {
    const { config, weights } = await loadCheckpoint(base);
    const { hidden_size, intermediate_size, num_hidden_layers } = baseSizes.base;
    expect(config).toMatchObject({
      hiddenSize: hidden_size,
      intermediateSize: intermediate_size,
      layers: num_hidden_layers,
    });
    expect(loadTokenizer(base).encode(baseVocabulary.join(''))).toHaveLength(baseVocabulary.length);
    const values = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
    expect(values).toBeGreaterThan(600_000);
    expect(values).toBeLessThan(2_000_000);
    expect(recipe.size).toBe('base');
    expect(recipe.corpus).toEqual(JSON.parse(JSON.stringify(corpusDataset)));
  });

  it('has the tokenizer that the recipe writes', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'rlvr-tokenizer-'));
    writeBaseTokenizer(folder);
    for (const name of readdirSync(folder)) {
      expect(readFileSync(path.join(base, name), 'utf8'), name).toBe(readFileSync(path.join(folder, name), 'utf8'));
    }
    rmSync(folder, { recursive: true });
  });

  it('leaves room for reinforcement learning in both families', () => {
    expect(Object.keys(recipe.accuracy).sort()).toEqual([...corpusDataset.families].sort());
    for (const [family, { passAt1, passAt8 }] of Object.entries(recipe.accuracy)) {
      expect(passAt1, family).toBeGreaterThan(0.25);
      expect(passAt1, family).toBeLessThan(0.5);
      expect(passAt8, family).toBeGreaterThan(1.5 * passAt1);
    }
  });
});

describe('samples/*.rlvr.yaml', () => {
  it.each(readdirSync(samples).filter((name) => name.endsWith('.rlvr.yaml')))('%s is valid', (name) => {
    const text = readFileSync(path.join(samples, name), 'utf8');
    const { experiment } = resolveExperiment(parseExperiment(text, name, []), createCatalog(plugins));
    expect(experiment.name).toBe(name.replace('.rlvr.yaml', ''));
  });
});
