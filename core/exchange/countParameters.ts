import type { Adapter } from '../contracts/adapter.ts';
import type { ParameterSpec } from '../contracts/parameter.ts';
import { decoderParameters } from '../model/decoderParameters.ts';
import type { DecoderConfig } from '../model/modelConfig.ts';
import { randomStream } from '../tensor/random.ts';
import { adapterTargets } from '../training/adapterTargets.ts';
import { layerShapes } from '../training/layerShapes.ts';
import { valueCount } from '../valueCount.ts';

/** What is trained in all layers of one name. */
export interface ModuleCount {
  /** Last part of the layers' names, for example `q_proj`. */
  readonly module: string;
  readonly layers: number;
  readonly parameters: number;
}

/** How many values a method trains in a model. */
export interface ParameterCount {
  /** In the order of the model. */
  readonly modules: readonly ModuleCount[];
  /** Trained tensors that layers share. */
  readonly shared: number;
  readonly trained: number;
  /** Values of the base model. */
  readonly base: number;
  /** `trained` in `base`. */
  readonly shareOfBase: number;
  /** `trained` in base and trained values together, as PEFT prints it. What is trained in place counts once. */
  readonly shareOfAll: number;
}

/**
 * Counts what an adapter trains in a model, from the model's configuration alone: no weight is read or made.
 *
 * @throws RlvrError `adapter/no-target`, `adapter/invalid`
 */
export function countParameters(model: DecoderConfig, adapter: Adapter, adapterConfig: unknown): ParameterCount {
  const targets = adapterTargets(adapter, adapterConfig, model);
  const plan = adapter.plan(adapterConfig, targets, randomStream(0, 'count'));
  const modules = new Map<string, ModuleCount>();
  const own: ParameterSpec[] = plan.shared.filter(({ trainable }) => trainable);
  const shared = valuesIn(own);
  for (const layer of targets) {
    const trained = layerShapes(adapter, layer, plan.layers.get(layer.name)).filter(({ trainable }) => trainable);
    const { layers = 0, parameters = 0 } = modules.get(layer.module) ?? {};
    const counted = { layers: layers + 1, parameters: parameters + valuesIn(trained) };
    modules.set(layer.module, { module: layer.module, ...counted });
    own.push(...trained);
  }
  const weights = decoderParameters(model);
  const [trained, base] = [valuesIn(own), valuesIn(weights)];
  const names = new Set(weights.map(({ name }) => name));
  const added = valuesIn(own.filter(({ name }) => !names.has(name)));
  return {
    modules: [...modules.values()],
    shared,
    trained,
    base,
    shareOfBase: trained / base,
    shareOfAll: trained / (base + added),
  };
}

function valuesIn(tensors: readonly { readonly shape: readonly number[] }[]): number {
  return tensors.reduce((sum, { shape }) => sum + valueCount(shape), 0);
}
