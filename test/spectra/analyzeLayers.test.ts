import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { layerWeights } from '../../core/conformance/analyzerBench.ts';
import type { Analyzer, LayerFindings } from '../../core/contracts/analyzer.ts';
import { analyzeLayers, type AnalysisResult } from '../../core/spectra/analyzeLayers.ts';
import type { WeightSource } from '../../core/spectra/layerWeights.ts';

const weights = ['one', 'two', 'three'].map((name) => layerWeights(name, [6, 4], 2));
const norm = { name: 'norm', module: 'norm', kind: 'norm', shape: [4], hasBias: false } as const;

/** Counts how many layers are held at a time, as far as reading shows it. */
function source(): WeightSource & { readonly reads: string[] } {
  const reads: string[] = [];
  return {
    reads,
    layers: [...weights.map(({ layer }) => layer), norm],
    read: (layer) => {
      reads.push(layer.name);
      const found = weights.find((each) => each.layer.name === layer.name);
      return found === undefined ? Promise.reject(new Error(layer.name)) : Promise.resolve(found);
    },
    close: () => undefined,
  };
}

function analyzer(analyze: () => Promise<LayerFindings>): Analyzer {
  return {
    id: 'mine',
    summary: 'of this test',
    source: 'this test',
    config: z.strictObject({}),
    measures: { size: { title: 'size', unit: '1', explanation: 'Of this test.' } },
    analyze,
  };
}

function analyse(
  analyze: () => Promise<LayerFindings>,
  { signal, from = source() }: { signal?: AbortSignal; from?: WeightSource } = {},
): Promise<AnalysisResult> {
  return analyzeLayers(from, {
    top: 2,
    full: false,
    analyzers: [{ analyzer: analyzer(analyze), config: {} }],
    includes: () => true,
    cache: undefined,
    ...(signal === undefined ? {} : { signal }),
  });
}

describe('analyzeLayers', () => {
  it('names each number by its analyzer, and says which layers it left out, and why', async () => {
    const { layers, measures, unmeasured } = await analyse(() => Promise.resolve({ numbers: { size: 2 } }));
    expect(layers.map(({ name, numbers }) => [name, numbers])).toEqual(
      ['one', 'two', 'three'].map((name) => [name, { 'mine/size': 2 }]),
    );
    expect(Object.keys(measures)).toEqual(['mine/size']);
    expect(unmeasured).toEqual([{ name: 'norm', reason: 'a vector of 4 values: it has no spectrum' }]);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('no luck')), 'no luck'],
    ['gives NaN', () => Promise.resolve({ numbers: { size: Number.NaN } }), 'its "size" is NaN'],
    [
      'gives what it did not declare',
      () => Promise.resolve({ numbers: { weight: 1 } }),
      '"weight", which it did not declare',
    ],
    [
      'gives a row without columns',
      () => Promise.resolve({ rows: { size: [1] } }),
      '"size" has 1 values, none declared',
    ],
  ])('names an analyzer that %s, and the layer', async (_name, analyze, problem) => {
    await expect(analyse(analyze)).rejects.toMatchObject({
      code: 'analyzer/failed',
      message: expect.stringContaining(problem) as string,
      fields: { analyzer: 'mine', layer: 'one' },
    });
  });

  it('reads a layer when its turn comes, and no more once it is stopped', async () => {
    const stopping = new AbortController();
    const from = source();
    const stopAtFirst = (): Promise<LayerFindings> => {
      stopping.abort(new Error('stopped'));
      return Promise.resolve({});
    };
    await expect(analyse(stopAtFirst, { signal: stopping.signal, from })).rejects.toThrow('stopped');
    expect(from.reads).toEqual(['one']);
  });
});
