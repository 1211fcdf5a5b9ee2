import type { AnalyzedLayer, LayerParameter } from '../contracts/analyzer.ts';
import type { TargetLayer } from '../contracts/parameter.ts';
import { shorterSideInBackground } from '../linalg/background.ts';
import type { AnalysisDepth } from '../spectra/analyzedLayer.ts';
import { analyzedLayer } from '../spectra/analyzedLayer.ts';
import type { LayerWeights, WeightChange } from '../spectra/layerWeights.ts';
import { randomStream } from '../tensor/random.ts';

/** A random linear layer [out, in] with a random change of rank `rank`, or of full rank where there is none. */
export function layerWeights(name: string, [out, inputs]: readonly [number, number], rank?: number): LayerWeights {
  const module = name.slice(name.lastIndexOf('.') + 1);
  const layer: TargetLayer = { name, module, kind: 'linear', shape: [out, inputs], hasBias: false };
  const drawn = (what: string, count: number): Float32Array => randomStream(1, name, what).normals(count);
  const base = drawn('base', out * inputs);
  if (rank === undefined) {
    const change: WeightChange = { kind: 'whole', merged: base.map((value, i) => value + 0.1 * Math.sin(i * i)) };
    return { layer, base, baseHash: undefined, change, parameters: [] };
  }
  const a = { shape: [rank, inputs], values: drawn('a', rank * inputs) };
  const b = { shape: [out, rank], values: drawn('b', out * rank) };
  const parameters: LayerParameter[] = [
    { name: 'lora_A', role: 'lora_A', ...a },
    { name: 'lora_B', role: 'lora_B', ...b },
  ];
  return { layer, base, baseHash: undefined, change: { kind: 'low-rank', a, b, scaling: 0.1 }, parameters };
}

/** The layer as analyzers see it. */
export function analyzed(weights: LayerWeights, depth: AnalysisDepth = { top: 3, full: false }): AnalyzedLayer {
  return analyzedLayer(weights, depth, (weight) => shorterSideInBackground(weight));
}
