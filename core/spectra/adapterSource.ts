import type { Adapter, AdapterPlan, LayerValues, StoredTensor } from '../contracts/adapter.ts';
import type { LayerParameter } from '../contracts/analyzer.ts';
import type { ParameterSpec, TargetLayer } from '../contracts/parameter.ts';
import { RlvrError } from '../errors.ts';
import { assertFinite } from '../model/assertFinite.ts';
import type { Policy } from '../training/policy.ts';
import { hashValues, type BaseModel } from './baseModel.ts';
import type { LayerWeights, WeightChange, WeightSource } from './layerWeights.ts';
import { mergedLayer, type LayerInputs } from './mergedLayer.ts';

/** One layer of an adapter: its parameters with their values, and the frozen weight that stands in place of the base's. */
export interface AdapterLayer {
  readonly parameters: readonly (ParameterSpec & StoredTensor)[];
  readonly replaced: Float32Array | undefined;
}

/** A trained adapter whose layers are looked at one by one. */
export interface TrainedAdapter {
  readonly adapter: Adapter;
  readonly plan: AdapterPlan<unknown>;
  readonly targets: readonly TargetLayer[];
  /** Tensors that layers share, by name. */
  readonly shared: ReadonlyMap<string, StoredTensor>;
  /** Where the values come from, for messages. */
  readonly origin: string;
  /** A layer's values; `weight` and `bias` are the base's. */
  layer(target: TargetLayer, weight: Float32Array, bias: Float32Array | undefined): AdapterLayer;
}

/** A policy with the values that it has, or with those of training (`values`, by name). */
export function policyAdapter(
  policy: Policy,
  origin: string,
  values?: ReadonlyMap<string, Float32Array>,
): TrainedAdapter {
  const { adapter, plan, targets, replaced } = policy;
  const parameters = policy.parameters.map((spec) => ({ ...spec, values: values?.get(spec.name) ?? spec.values }));
  return {
    adapter,
    plan,
    targets: [...targets.values()],
    shared: new Map(parameters.filter(({ layer }) => layer === undefined).map((spec) => [spec.name, spec])),
    origin,
    layer: ({ name }) => ({
      parameters: parameters.filter(({ layer }) => layer?.name === name),
      replaced: replaced.get(name),
    }),
  };
}

/** The layers that an adapter changes on its base, read when their turn comes. */
export function adapterSource(base: BaseModel, trained: TrainedAdapter): WeightSource {
  const { adapter, plan, targets, shared, origin } = trained;
  const read = async (layer: TargetLayer): Promise<LayerWeights> => {
    const weight = tensorOf(base, `${layer.name}.weight`);
    const bias = layer.hasBias ? tensorOf(base, `${layer.name}.bias`) : undefined;
    const { parameters, replaced } = trained.layer(layer, weight, bias);
    const own = parameters.map(({ name, role, shape, values }): LayerParameter => {
      assertFinite(values, name, origin);
      return { name: name.slice(layer.name.length + 1), role, shape, values };
    });
    const named = new Map<string, StoredTensor>([...shared, ...own.map((each) => [each.name, each] as const)]);
    const options = plan.layers.get(layer.name);
    const lowRank = adapter.loraForm?.({ layer, options, base: weight, parameter: lookUp(named, layer) });
    const inputs = { layer, options, weight: replaced ?? weight, bias, parameters: named };
    const change =
      lowRank === undefined ? await wholeChange(adapter, inputs) : ({ kind: 'low-rank', ...lowRank } as const);
    const baseBias = bias === undefined ? {} : { baseBias: bias };
    return { layer, base: weight, ...baseBias, baseHash: hashValues(weight), change, parameters: own };
  };
  return { layers: targets, read, close: base.close };
}

async function wholeChange(adapter: Adapter, inputs: LayerInputs): Promise<WeightChange> {
  const { weight: merged, bias } = await mergedLayer(adapter, inputs);
  return { kind: 'whole', merged, ...(bias === undefined ? {} : { mergedBias: bias }) };
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
