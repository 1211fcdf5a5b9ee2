import type { Adapter, AdapterPlan, LayerCalibration, LayerTensors } from '../contracts/adapter.ts';
import type { InitialParameter, ParameterSpec, TargetLayer } from '../contracts/parameter.ts';
import { RlvrError } from '../errors.ts';
import { weightInputs, weightPrefix } from '../model/baseLayers.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import type { DecoderConfig } from '../model/modelConfig.ts';
import type { tf } from '../tensor/tf.ts';
import { randomStream } from '../tensor/random.ts';
import type { InputSpec } from '../tensor/trace.ts';
import { adapterTargets } from './adapterTargets.ts';

/** A base model with an adapter attached: which layers it adapts, and the tensors it adds. */
export interface Policy {
  readonly config: DecoderConfig;
  readonly adapter: Adapter;
  readonly adapterConfig: unknown;
  readonly plan: AdapterPlan<unknown>;
  /** Adapted layers by name. */
  readonly targets: ReadonlyMap<string, TargetLayer>;
  /** Every parameter of the adapter at its start, trained or frozen, shared ones included. */
  readonly parameters: readonly InitialParameter[];
  /** Frozen weights that stand in place of the base's, by layer name. */
  readonly replaced: ReadonlyMap<string, Float32Array>;
  /** Where the start comes from, in words, when it is not the base: another run, or an adapter that was read. */
  readonly startsFrom?: string;
}

/** Prefixes of the graph inputs that carry a policy's tensors. */
export const policyPrefixes = { parameter: 'parameter.', replaced: 'replaced.' } as const;

/**
 * Attaches an adapter to a model. Random numbers come from the seed alone, calibration from `collectCalibration`.
 *
 * @throws RlvrError `adapter/...` for a configuration that does not fit the model, or one that wants calibration where there is none
 */
export function createPolicy(
  { config, weights }: Checkpoint,
  adapter: Adapter,
  adapterConfig: unknown,
  seed: number,
  calibration?: ReadonlyMap<string, LayerCalibration>,
): Policy {
  const targets = adapterTargets(adapter, adapterConfig, config);
  const wanted = adapter.calibration?.(adapterConfig);
  if (wanted !== undefined && calibration === undefined) {
    throw new RlvrError(
      'adapter/invalid',
      `The adapter "${adapter.id}" starts from ${wanted.kind} of the base on training data, which are collected when a run starts. ` +
        'Use a checkpoint of a run, where the start is stored.',
      { adapter: adapter.id, kind: wanted.kind },
    );
  }
  const plan = adapter.plan(adapterConfig, targets, randomStream(seed, 'adapter', 'plan'), calibration);
  const parameters: InitialParameter[] = [...plan.shared];
  const replaced = new Map<string, Float32Array>();
  for (const layer of targets) {
    const weight = weights.get(`${layer.name}.weight`);
    if (weight === undefined)
      throw new RlvrError('model/invalid-weights', `The model has no weight "${layer.name}.weight".`);
    const random = randomStream(seed, 'adapter', layer.name);
    const bias = weights.get(`${layer.name}.bias`)?.data;
    const own = calibration?.get(layer.name);
    const attached = adapter.attach({
      layer,
      options: plan.layers.get(layer.name),
      weight: weight.data,
      random,
      ...(bias === undefined ? {} : { bias }),
      ...(own === undefined ? {} : { calibration: own }),
    });
    parameters.push(...attached.parameters);
    if (attached.replacedWeight !== undefined) replaced.set(layer.name, attached.replacedWeight);
  }
  return {
    config,
    adapter,
    adapterConfig,
    plan,
    targets: new Map(targets.map((layer) => [layer.name, layer])),
    parameters,
    replaced,
  };
}

/** The parameters that are trained, in order. */
export function trainableParameters(policy: Policy): readonly InitialParameter[] {
  return policy.parameters.filter((parameter) => parameter.trainable);
}

/** Number of trained values. */
export function trainableCount(policy: Policy): number {
  return trainableParameters(policy).reduce((sum, parameter) => sum + parameter.values.length, 0);
}

/** The values that a policy has, by parameter name. */
export function parameterValues({ parameters }: Policy): ReadonlyMap<string, Float32Array> {
  return new Map(parameters.map(({ name, values }) => [name, values]));
}

/** Graph inputs for base weights, replaced weights and all parameters. */
export function policyInputs(policy: Policy): Readonly<Record<string, InputSpec>> {
  const float = (shape: readonly number[]): InputSpec => ({ shape, dtype: 'float32' });
  return {
    ...weightInputs(policy.config),
    ...Object.fromEntries(
      [...policy.replaced.keys()].map((name) => [
        policyPrefixes.replaced + name,
        float(policy.targets.get(name)?.shape ?? []),
      ]),
    ),
    ...Object.fromEntries(policy.parameters.map(({ name, shape }) => [policyPrefixes.parameter + name, float(shape)])),
  };
}

/** Feeds of everything that training does not change: base weights and what replaces them. */
export function frozenFeeds(checkpoint: Checkpoint, policy: Policy): Readonly<Record<string, Float32Array>> {
  return {
    ...Object.fromEntries([...checkpoint.weights].map(([name, { data }]) => [weightPrefix + name, data])),
    ...Object.fromEntries([...policy.replaced].map(([name, data]) => [policyPrefixes.replaced + name, data])),
  };
}

/** Drops a share of a layer's inputs, and scales up what is left. x [tokens, in] -> the same shape. */
export type Dropout = (layer: TargetLayer, x: tf.Tensor2D, rate: number) => tf.Tensor2D;

/** Outside of training nothing is dropped. */
export const keepAll: Dropout = (_layer, x) => x;

/** A layer's tensors as the adapter sees them, looked up among a graph's inputs. Nothing is dropped unless `dropout` does. */
export function layerTensors(
  policy: Policy,
  layer: TargetLayer,
  tensors: Readonly<Record<string, tf.Tensor>>,
  parameter: (name: string) => tf.Tensor,
  dropout: Dropout = keepAll,
): LayerTensors<unknown> {
  const named = (name: string): tf.Tensor => {
    const tensor = tensors[name];
    if (tensor === undefined) throw new RlvrError('tensor/trace', `The graph has no input "${name}".`);
    return tensor;
  };
  const weight = named(
    policy.replaced.has(layer.name) ? policyPrefixes.replaced + layer.name : `${weightPrefix}${layer.name}.weight`,
  );
  return {
    layer,
    options: policy.plan.layers.get(layer.name),
    weight,
    ...(layer.hasBias ? { bias: named(`${weightPrefix}${layer.name}.bias`) as tf.Tensor1D } : {}),
    parameter: (name) => parameter(fullParameterName(policy, layer, name)),
    dropout: (x, rate) => dropout(layer, x, rate),
  };
}

/** A parameter's full name by what an adapter calls it: the name of a shared one as it is, else the part after the layer's name. */
export function fullParameterName(policy: Policy, layer: TargetLayer, name: string): string {
  return policy.plan.shared.some((spec: ParameterSpec) => spec.name === name) ? name : `${layer.name}.${name}`;
}
