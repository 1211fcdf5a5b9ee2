import type { Adapter, LayerTensors } from '../../core/contracts/adapter.ts';
import type { TargetLayer } from '../../core/contracts/parameter.ts';
import { compile } from '../../core/tensor/compile.ts';
import { linear } from '../../core/tensor/ops/linear.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { tf } from '../../core/tensor/tf.ts';
import type { InputSpec } from '../../core/tensor/trace.ts';
import {
  frozenFeeds,
  layerTensors,
  policyInputs,
  policyPrefixes,
  trainableParameters,
} from '../../core/training/policy.ts';
import type { Policy } from '../../core/training/policy.ts';
import { fedParameters } from '../../core/training/policyLayers.ts';
import { tinyCheckpoint } from '../model/tinyCheckpoint.ts';

type Tensors = Readonly<Record<string, tf.Tensor>>;

/** Values by parameter name. */
export type Values = ReadonlyMap<string, Float32Array>;

/** Values with noise of a size that they have in training, so that nothing is zero by chance. Frozen ones stay. */
export function perturbed({ parameters }: Policy): Values {
  return new Map(
    parameters.map(({ name, trainable, values }) => {
      const noise = randomStream(3, name).normals(values.length);
      return [name, trainable ? values.map((value, i) => value + 0.1 * (noise[i] ?? 0)) : values];
    }),
  );
}

/** What each adapted layer computes: output or weight, and gradients of a sum over all of them. */
export interface AdapterResults {
  readonly loss: number;
  /** By parameter name, and `x LAYER` for inputs. */
  readonly gradients: Values;
  /** Outputs of linear layers by `forward` where there is one, and through `merged`. */
  readonly outputs: ReadonlyMap<string, { readonly forward: Float32Array; readonly merged: Float32Array }>;
}

/** Runs the adapted layers of a policy on inputs of their own. */
export interface AdapterBench {
  run(values: Values): Promise<AdapterResults>;
  release(): Promise<void>;
}

const tokens = 5;

function forwardOf(adapter: Adapter, layer: LayerTensors<unknown>, x: tf.Tensor2D): tf.Tensor2D {
  if (adapter.forward !== undefined) return adapter.forward(layer, x);
  const { weight, bias } = adapter.merged(layer);
  return linear(x, weight as tf.Tensor2D, bias);
}

function evaluate(policy: Policy, tensors: Tensors): Record<string, tf.Tensor> {
  const layers = [...policy.targets.values()];
  const trained = trainableParameters(policy).map(({ name }) => name);
  const inputs = layers.filter(({ kind }) => kind === 'linear').map(({ name }) => `x ${name}`);
  const results: Record<string, tf.Tensor> = {};
  const fed = fedParameters(tensors);
  const loss = (...values: tf.Tensor[]): tf.Scalar => {
    const own = new Map([...trained, ...inputs].map((name, i) => [name, values[i]!]));
    const terms = layers.map((layer): tf.Scalar => {
      const adapted = layerTensors(policy, layer, tensors, (name) => own.get(name) ?? fed(name));
      const target = tensors[`t ${layer.name}`]!;
      if (layer.kind !== 'linear') return tf.sum(tf.mul(policy.adapter.merged(adapted).weight, target));
      const y = forwardOf(policy.adapter, adapted, own.get(`x ${layer.name}`) as tf.Tensor2D);
      results[`forward ${layer.name}`] = tf.keep(y);
      return tf.sum(tf.mul(y, target));
    });
    return tf.addN(terms);
  };
  const given = [...trained.map(fed), ...inputs.map((name) => tensors[name]!)];
  const { value, grads } = tf.valueAndGrads(loss)(given);
  for (const layer of layers.filter(({ kind }) => kind === 'linear')) {
    const { weight, bias } = policy.adapter.merged(layerTensors(policy, layer, tensors, fed));
    results[`merged ${layer.name}`] = linear(tensors[`x ${layer.name}`] as tf.Tensor2D, weight as tf.Tensor2D, bias);
  }
  const gradients = [...trained, ...inputs].map((name, i) => [`gradient ${name}`, grads[i]!] as const);
  return { ...results, loss: value, ...Object.fromEntries(gradients) };
}

/** Inputs and loss weights of a layer, with the number of tokens unknown while tracing. */
function layerInputs({ name, kind, shape }: TargetLayer): readonly (readonly [string, InputSpec, Float32Array])[] {
  const filled = (what: string, sizes: InputSpec['shape']): readonly [string, InputSpec, Float32Array] => {
    const count = sizes.reduce<number>((product, size) => product * (typeof size === 'number' ? size : tokens), 1);
    return [`${what} ${name}`, { shape: sizes, dtype: 'float32' }, randomStream(5, what, name).normals(count)];
  };
  const [out = 0, inputs = 0] = shape;
  return kind === 'linear' ? [filled('x', ['tokens', inputs]), filled('t', ['tokens', out])] : [filled('t', shape)];
}

/** Traces the adapted layers of a policy. */
export async function createAdapterBench(policy: Policy): Promise<AdapterBench> {
  const own = [...policy.targets.values()].flatMap(layerInputs);
  const inputs = { ...policyInputs(policy), ...Object.fromEntries(own.map(([name, spec]) => [name, spec])) };
  const fixed = {
    ...frozenFeeds(tinyCheckpoint, policy),
    ...Object.fromEntries(own.map(([name, , data]) => [name, data])),
  };
  const graph = await compile(inputs, (tensors) => evaluate(policy, tensors));
  return {
    run: async (values) => {
      const parameters = Object.fromEntries([...values].map(([name, data]) => [policyPrefixes.parameter + name, data]));
      const results = await graph.run({ ...fixed, ...parameters }, { tokens });
      const read = (name: string): Float32Array => results[name]?.data as Float32Array;
      const named = (prefix: string): string[] =>
        Object.keys(results).flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
      return {
        loss: read('loss')[0]!,
        gradients: new Map(named('gradient ').map((name) => [name, read(`gradient ${name}`)])),
        outputs: new Map(
          named('forward ').map((name) => [name, { forward: read(`forward ${name}`), merged: read(`merged ${name}`) }]),
        ),
      };
    },
    release: () => graph.release(),
  };
}
