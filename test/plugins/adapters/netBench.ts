import type { Adapter, LayerCalibration, LayerTensors, MergedLayer } from '../../../core/contracts/adapter.ts';
import type { InitialParameter, TargetLayer } from '../../../core/contracts/parameter.ts';
import { weightPrefix } from '../../../core/model/baseLayers.ts';
import type { DecoderConfig } from '../../../core/model/modelConfig.ts';
import type { SafetensorsFile } from '../../../core/model/safetensors.ts';
import { linear } from '../../../core/tensor/ops/linear.ts';
import { randomStream } from '../../../core/tensor/random.ts';
import { tf } from '../../../core/tensor/tf.ts';
import type { InputSpec } from '../../../core/tensor/trace.ts';
import { layerTensors, policyPrefixes } from '../../../core/training/policy.ts';
import type { Policy } from '../../../core/training/policy.ts';
import { fedParameters } from '../../../core/training/policyLayers.ts';
import { readGoldenJson, readGoldenTensors } from './peftCases.ts';

interface NetEntry {
  readonly name: string;
  readonly type: 'linear' | 'layernorm' | 'rmsnorm';
  readonly in: number;
  readonly out?: number;
}

/** Tensors of a graph by name. */
export type Tensors = Readonly<Record<string, tf.Tensor>>;

/** Values of a graph's inputs by name. */
export type Feeds = Readonly<Record<string, Float32Array>>;

/** A net of independent layers: each has its own input `x LAYER`, and `t LAYER`, which its output is multiplied with in the loss. */
export interface Net {
  readonly layers: readonly TargetLayer[];
  readonly types: ReadonlyMap<string, NetEntry['type']>;
  /** Base weights and biases by name, inputs and fixed tensors. */
  readonly feeds: Feeds;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  /** Base weight or bias by its name, undefined where there is none. */
  base(name: string): Float32Array | undefined;
}

const epsilon = 1e-6;

function netOf(name: string, entries: readonly NetEntry[], file: SafetensorsFile): Net {
  const has = (key: string): boolean => file.names.includes(`${name}.${key}`);
  const read = (key: string): Float32Array => file.readFloat32(`${name}.${key}`);
  const layers = entries.map((entry): TargetLayer => ({
    name: entry.name,
    module: entry.name.slice(entry.name.lastIndexOf('.') + 1),
    kind: entry.type === 'linear' ? 'linear' : 'norm',
    shape: file.info(`${name}.base.${entry.name}.weight`).shape,
    hasBias: has(`base.${entry.name}.bias`),
  }));
  const feeds: Record<string, Float32Array> = {};
  const inputs: Record<string, InputSpec> = {};
  const add = (input: string, key: string, shape = file.info(`${name}.${key}`).shape): void => {
    feeds[input] = read(key);
    inputs[input] = { shape, dtype: 'float32' };
  };
  for (const layer of layers) {
    for (const part of ['weight', ...(layer.hasBias ? ['bias'] : [])])
      add(`${weightPrefix}${layer.name}.${part}`, `base.${layer.name}.${part}`);
    for (const kind of ['x', 't']) {
      const shape = file.info(`${name}.${kind}.${layer.name}`).shape;
      const features = shape.at(-1) ?? 0;
      add(`${kind} ${layer.name}`, `${kind}.${layer.name}`, [shape.reduce((a, b) => a * b, 1) / features, features]);
    }
  }
  return {
    layers,
    types: new Map(entries.map((entry) => [entry.name, entry.type])),
    feeds,
    inputs,
    base: (key) => (has(`base.${key}`) ? read(`base.${key}`) : undefined),
  };
}

/** The nets of a folder by name. */
export function readNets(folder: string): ReadonlyMap<string, Net> {
  const entries = Object.entries(readGoldenJson(folder, 'nets.json') as Record<string, NetEntry[]>);
  const file = readGoldenTensors(folder, 'nets.safetensors');
  return new Map(entries.map(([name, layers]) => [name, netOf(name, layers, file)]));
}

/** Attaches an adapter to a net as `createPolicy` does to a model. */
export function attachToNet(
  net: Net,
  adapter: Adapter,
  adapterConfig: unknown,
  calibration?: ReadonlyMap<string, LayerCalibration>,
): Policy {
  const targets = adapter.targets(adapterConfig, net.layers);
  const plan = adapter.plan(adapterConfig, targets, randomStream(1, 'plan'), calibration);
  const parameters: InitialParameter[] = [...plan.shared];
  const replaced = new Map<string, Float32Array>();
  for (const layer of targets) {
    const bias = net.base(`${layer.name}.bias`);
    const own = calibration?.get(layer.name);
    const attached = adapter.attach({
      layer,
      options: plan.layers.get(layer.name),
      weight: net.base(`${layer.name}.weight`)!,
      random: randomStream(1, layer.name),
      ...(bias === undefined ? {} : { bias }),
      ...(own === undefined ? {} : { calibration: own }),
    });
    parameters.push(...attached.parameters);
    if (attached.replacedWeight !== undefined) replaced.set(layer.name, attached.replacedWeight);
  }
  // A net is no decoder, and nothing that is done to it asks for a decoder's sizes.
  const config = {} as DecoderConfig;
  return { config, adapter, adapterConfig, plan, targets: byName(targets), parameters, replaced };
}

function byName(layers: readonly TargetLayer[]): ReadonlyMap<string, TargetLayer> {
  return new Map(layers.map((layer) => [layer.name, layer]));
}

/** Graph inputs of a net with an adapter. */
export function netInputs(net: Net, policy: Policy): Readonly<Record<string, InputSpec>> {
  const float = (shape: readonly number[]): InputSpec => ({ shape, dtype: 'float32' });
  const replaced = [...policy.replaced.keys()].map((name) => [
    policyPrefixes.replaced + name,
    float(policy.targets.get(name)?.shape ?? []),
  ]);
  const parameters = policy.parameters.map(({ name, shape }) => [policyPrefixes.parameter + name, float(shape)]);
  return { ...net.inputs, ...(Object.fromEntries([...replaced, ...parameters]) as Record<string, InputSpec>) };
}

/** (x - mean) / sqrt(variance + epsilon) of a LayerNorm, x / sqrt(mean square + epsilon) of an RMSNorm. */
function normalised(x: tf.Tensor2D, isCentred: boolean): tf.Tensor2D {
  const centred = isCentred ? tf.sub(x, tf.mean(x, 1, true)) : x;
  return tf.div(centred, tf.sqrt(tf.add(tf.mean(tf.square(centred), 1, true), epsilon)));
}

function outputOf(net: Net, { name, kind }: TargetLayer, { weight, bias }: MergedLayer, x: tf.Tensor2D): tf.Tensor2D {
  if (kind === 'linear') return linear(x, weight as tf.Tensor2D, bias);
  const scaled = tf.mul<tf.Tensor2D>(normalised(x, net.types.get(name) === 'layernorm'), weight);
  return bias === undefined ? scaled : tf.add(scaled, bias);
}

/** What one layer computes with the adapter in place. */
function forward(
  net: Net,
  policy: Policy,
  layer: TargetLayer,
  own: LayerTensors<unknown>,
  x: tf.Tensor2D,
): tf.Tensor2D {
  if (!policy.targets.has(layer.name)) return outputOf(net, layer, own, x);
  if (layer.kind === 'linear' && policy.adapter.forward !== undefined) return policy.adapter.forward(own, x);
  return outputOf(net, layer, policy.adapter.merged(own), x);
}

/** Outputs, loss and gradients of a net: `y LAYER`, `loss`, `grad PARAMETER`, `grad x LAYER`. */
export function evaluateNet(
  net: Net,
  policy: Policy,
  tensors: Tensors,
  penalty?: (parameter: (name: string) => tf.Tensor) => tf.Scalar,
): Record<string, tf.Tensor> {
  const results: Record<string, tf.Tensor> = {};
  const trained = policy.parameters.filter(({ trainable }) => trainable).map(({ name }) => name);
  const differentiated = [...trained, ...net.layers.map(({ name }) => `x ${name}`)];
  const fed = fedParameters(tensors);
  const loss = (...values: tf.Tensor[]): tf.Scalar => {
    const own = new Map(differentiated.map((name, i) => [name, values[i]!]));
    const parameter = (name: string): tf.Tensor => own.get(name) ?? fed(name);
    const terms = net.layers.map((layer): tf.Scalar => {
      const y = forward(
        net,
        policy,
        layer,
        layerTensors(policy, layer, tensors, parameter),
        own.get(`x ${layer.name}`) as tf.Tensor2D,
      );
      results[`y ${layer.name}`] = tf.keep(y);
      return tf.div(tf.sum(tf.mul(y, tensors[`t ${layer.name}`]!)), y.size);
    });
    const sum = tf.addN(terms);
    results['loss'] = tf.keep(sum);
    return penalty === undefined ? sum : tf.add(sum, penalty(parameter));
  };
  const given = differentiated.map((name, i) => (i < trained.length ? fed(name) : tensors[name]!));
  const { grads } = tf.valueAndGrads(loss)(given);
  return { ...results, ...Object.fromEntries(differentiated.map((name, i) => [`grad ${name}`, grads[i]!])) };
}

/** Weights with the adapter folded in, and all layers' outputs with them: `merged LAYER.weight`, `merged LAYER.bias`, `merged_y LAYER`. */
export function mergeNet(net: Net, policy: Policy, tensors: Tensors): Record<string, tf.Tensor> {
  const results: Record<string, tf.Tensor> = {};
  for (const layer of net.layers) {
    const own = layerTensors(policy, layer, tensors, fedParameters(tensors));
    const merged = policy.targets.has(layer.name) ? policy.adapter.merged(own) : own;
    results[`merged ${layer.name}.weight`] = merged.weight;
    if (merged.bias !== undefined) results[`merged ${layer.name}.bias`] = merged.bias;
    results[`merged_y ${layer.name}`] = outputOf(net, layer, merged, tensors[`x ${layer.name}`] as tf.Tensor2D);
  }
  return results;
}
