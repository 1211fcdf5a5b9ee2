import type { Adapter, LayerValues, StoredTensor } from '../contracts/adapter.ts';
import type { LayerParameter } from '../contracts/analyzer.ts';
import type { TargetLayer } from '../contracts/parameter.ts';
import { RlvrError } from '../errors.ts';
import { checkParameters } from '../exchange/checkParameters.ts';
import { assertFinite } from '../model/assertFinite.ts';
import { randomStream } from '../tensor/random.ts';
import { adapterTargets } from '../training/adapterTargets.ts';
import { layerShapes } from '../training/layerShapes.ts';
import { hashValues, type BaseModel } from './baseModel.ts';
import type { LayerWeights, WeightSource } from './layerWeights.ts';
import { mergedLayer } from './mergedLayer.ts';

/** A trained adapter: what it was made with, and its values. */
export interface TrainedAdapter {
  readonly adapter: Adapter;
  readonly config: unknown;
  readonly seed: number;
  /** By full name. Those that are left out keep what the adapter gives them at the start. */
  readonly parameters: ReadonlyMap<string, StoredTensor>;
  /** Frozen weights in place of the base's, by layer. */
  readonly replaced: ReadonlyMap<string, Float32Array>;
  /** Where the values come from, for messages. */
  readonly origin: string;
}

/**
 * The layers that an adapter changes on its base, read when their turn comes.
 *
 * @throws RlvrError `adapter/no-target`, `adapter/invalid` where its parameters are not those of this base, naming the first differences
 */
export function adapterSource(base: BaseModel, trained: TrainedAdapter): WeightSource {
  const { adapter, config, seed, parameters, origin } = trained;
  const targets = adapterTargets(adapter, config, base.config);
  const plan = adapter.plan(config, targets, randomStream(seed, 'adapter', 'plan'));
  const shared = new Map(plan.shared.map((spec) => [spec.name, parameters.get(spec.name) ?? spec]));
  checkParameters(origin, parameters, targets, (layer) => layerShapes(adapter, layer, plan.layers.get(layer.name)), [
    ...plan.shared,
  ]);
  const read = async (layer: TargetLayer): Promise<LayerWeights> => {
    const weight = tensorOf(base, `${layer.name}.weight`);
    const bias = layer.hasBias ? tensorOf(base, `${layer.name}.bias`) : undefined;
    const own = ownParameters(trained, layer, plan.layers.get(layer.name), weight, bias);
    for (const { name, values } of own) assertFinite(values, `${layer.name}.${name}`, origin);
    const named = new Map<string, StoredTensor>([...shared, ...own.map((each) => [each.name, each] as const)]);
    const options = plan.layers.get(layer.name);
    const change = await changeOf(
      trained,
      { layer, options, base: weight, parameter: lookUp(named, layer) },
      bias,
      named,
    );
    return { layer, base: weight, baseHash: hashValues(weight), change, parameters: own };
  };
  return { layers: targets, read, close: base.close };
}

async function changeOf(
  { adapter, replaced }: TrainedAdapter,
  values: LayerValues<unknown>,
  bias: Float32Array | undefined,
  parameters: ReadonlyMap<string, StoredTensor>,
): Promise<LayerWeights['change']> {
  const lowRank = adapter.loraForm?.(values);
  if (lowRank !== undefined) return { kind: 'low-rank', ...lowRank };
  const { layer, options, base } = values;
  const weight = replaced.get(layer.name) ?? base;
  return { kind: 'whole', merged: await mergedLayer(adapter, { layer, options, weight, bias, parameters }) };
}

/** The layer's parameters: stored ones, and what the adapter gives at the start for those that are not stored. */
function ownParameters(
  { adapter, seed, parameters }: TrainedAdapter,
  layer: TargetLayer,
  options: unknown,
  weight: Float32Array,
  bias: Float32Array | undefined,
): readonly LayerParameter[] {
  const specs = layerShapes(adapter, layer, options);
  const isStored = specs.every(({ name }) => parameters.has(name));
  const random = randomStream(seed, 'adapter', layer.name);
  const start = isStored
    ? []
    : adapter.attach({ layer, options, weight, random, ...(bias === undefined ? {} : { bias }) }).parameters;
  return specs.flatMap(({ name, role }) => {
    const tensor = parameters.get(name) ?? start.find((parameter) => parameter.name === name);
    const { shape, values } = tensor ?? {};
    if (shape === undefined || values === undefined) return [];
    return [{ name: name.slice(layer.name.length + 1), role, shape, values }];
  });
}

function lookUp(parameters: ReadonlyMap<string, StoredTensor>, layer: TargetLayer): LayerValues<unknown>['parameter'] {
  return (name) => {
    const tensor = parameters.get(name);
    if (tensor !== undefined) return tensor;
    throw new RlvrError('adapter/invalid', `${layer.name} has no parameter "${name}".`, { layer: layer.name, name });
  };
}

function tensorOf(base: BaseModel, name: string): Float32Array {
  const values = base.tensor(name);
  if (values !== undefined) return values;
  throw new RlvrError('model/invalid-weights', `The base model has no weight "${name}".`, { tensor: name });
}
