import type { LayerParameter } from '../../core/contracts/analyzer.ts';
import type { TargetLayer } from '../../core/contracts/parameter.ts';
import { shorterSideInBackground } from '../../core/linalg/background.ts';
import { analyzedLayer, type AnalysisDepth } from '../../core/spectra/analyzedLayer.ts';
import type { LayerWeights, WeightChange } from '../../core/spectra/layerWeights.ts';
import { randomStream } from '../../core/tensor/random.ts';

/** Random normal values, by name. */
export function values(count: number, ...names: string[]): Float32Array {
  return randomStream(1, ...names).normals(count);
}

/** A linear layer [out, in]. */
function linearLayer(name: string, out: number, inputs: number): TargetLayer {
  return { name, module: name.slice(name.lastIndexOf('.') + 1), kind: 'linear', shape: [out, inputs], hasBias: false };
}

/** A random layer with a random change of rank `rank`, or of full rank where there is none. */
export function layerWeights(name: string, [out, inputs]: readonly [number, number], rank?: number): LayerWeights {
  const layer = linearLayer(name, out, inputs);
  const base = values(out * inputs, name, 'base');
  if (rank === undefined) {
    const change: WeightChange = { kind: 'whole', merged: base.map((value, i) => value + 0.1 * Math.sin(i * i)) };
    return { layer, base, baseHash: undefined, change, parameters: [] };
  }
  const a = { shape: [rank, inputs], values: values(rank * inputs, name, 'a') };
  const b = { shape: [out, rank], values: values(out * rank, name, 'b') };
  const parameters: LayerParameter[] = [
    { name: 'lora_A', role: 'lora_A', ...a },
    { name: 'lora_B', role: 'lora_B', ...b },
  ];
  return { layer, base, baseHash: undefined, change: { kind: 'low-rank', a, b, scaling: 0.1 }, parameters };
}

/** The layer as analyzers see it. */
export function analyzed(
  weights: LayerWeights,
  depth: AnalysisDepth = { top: 3, full: false },
): ReturnType<typeof analyzedLayer> {
  return analyzedLayer(weights, depth, (weight) => shorterSideInBackground(weight));
}
