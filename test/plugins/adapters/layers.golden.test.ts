import '@tensorflow/tfjs-backend-cpu';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InitialParameter, TargetLayer } from '../../../core/contracts/parameter.ts';
import type { LayerTensors } from '../../../core/contracts/adapter.ts';
import type { SafetensorsFile } from '../../../core/model/safetensors.ts';
import { openSafetensors } from '../../../core/model/safetensors.ts';
import { compile } from '../../../core/tensor/compile.ts';
import { linear } from '../../../core/tensor/ops/linear.ts';
import { randomStream } from '../../../core/tensor/random.ts';
import { tf } from '../../../core/tensor/tf.ts';
import type { InputSpec } from '../../../core/tensor/trace.ts';
import { expectClose } from '../../closeness.ts';
import { goldenPath, hasGolden } from '../../goldenFolder.ts';
import type { PeftCase } from './peftCases.ts';
import { configOf, expectedShapes, loraAdapter as adapter } from './peftCases.ts';

interface LayerCase extends PeftCase {
  readonly net: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, { readonly scaling: number }>>;
  readonly identity_at_init: number;
}

interface NetLayer {
  readonly name: string;
  readonly type: 'linear' | 'layernorm' | 'rmsnorm';
  readonly in: number;
  readonly out?: number;
  readonly bias?: boolean;
}

type Tensors = Readonly<Record<string, tf.Tensor>>;
type Arrays = Readonly<Record<string, Float32Array>>;

const folder = ['peft', 'layers'];

function layerOf({ name, type, in: inputs, out, bias }: NetLayer): TargetLayer {
  const isLinear = type === 'linear';
  return {
    name,
    module: name.slice(name.lastIndexOf('.') + 1),
    kind: isLinear ? 'linear' : 'norm',
    shape: isLinear ? [out ?? 0, inputs] : [inputs],
    hasBias: bias ?? false,
  };
}

/** A case with everything that is needed to run it. */
interface Bench {
  readonly layers: readonly TargetLayer[];
  readonly targets: readonly TargetLayer[];
  readonly options: ReadonlyMap<string, unknown>;
  readonly parameters: readonly InitialParameter[];
  /** Values and shapes of a graph's inputs by name. */
  readonly feeds: Arrays;
  readonly inputs: Readonly<Record<string, InputSpec>>;
}

function benchOf(
  entry: LayerCase,
  nets: Readonly<Record<string, readonly NetLayer[]>>,
  base: SafetensorsFile,
  file: SafetensorsFile,
  at: 'initial' | 'value',
): Bench {
  const parsed = configOf(entry.config);
  if ('reason' in parsed) throw new TypeError(parsed.reason);
  const layers = (nets[entry.net] ?? []).map(layerOf);
  const targets = adapter.targets(parsed.config, layers);
  const { layers: options } = adapter.plan(parsed.config, targets, randomStream(1));
  const weightOf = (name: string): Float32Array => base.readFloat32(`${entry.net}.base.${name}.weight`);
  const parameters = targets.flatMap(
    (layer) =>
      adapter.attach({
        layer,
        options: options.get(layer.name),
        weight: weightOf(layer.name),
        random: randomStream(2, layer.name),
      }).parameters,
  );
  const feeds: Record<string, Float32Array> = {};
  const inputs: Record<string, InputSpec> = {};
  const add = (name: string, from: SafetensorsFile, tensor: string, shape = from.info(tensor).shape): void => {
    feeds[name] = from.readFloat32(tensor);
    inputs[name] = { shape, dtype: 'float32' };
  };
  for (const { name, shape, hasBias } of layers) {
    add(`weight ${name}`, base, `${entry.net}.base.${name}.weight`);
    if (hasBias) add(`bias ${name}`, base, `${entry.net}.base.${name}.bias`);
    add(`x ${name}`, base, `${entry.net}.x.${name}`, [6, shape[1] ?? 0]);
    add(`t ${name}`, base, `${entry.net}.t.${name}`, [6, shape[0] ?? 0]);
  }
  for (const { name } of parameters) add(name, file, `${at}.${name}.weight`);
  return { layers, targets, options, parameters, feeds, inputs };
}

function tensorsOf(bench: Bench, layer: TargetLayer, tensors: Tensors): LayerTensors<unknown> {
  const bias = tensors[`bias ${layer.name}`] as tf.Tensor1D | undefined;
  return {
    layer,
    options: bench.options.get(layer.name),
    weight: tensors[`weight ${layer.name}`]!,
    ...(bias === undefined ? {} : { bias }),
    parameter: (name) => tensors[`${layer.name}.${name}`]!,
    dropout: (x) => x,
  };
}

/** Outputs, merged weights and gradients by the names of the golden file. */
function evaluate(bench: Bench, tensors: Tensors): Record<string, tf.Tensor> {
  const results: Record<string, tf.Tensor> = {};
  const isTarget = new Set(bench.targets.map(({ name }) => name));
  const differentiated = [...bench.parameters.map(({ name }) => name), ...bench.layers.map(({ name }) => `x ${name}`)];
  const loss = (...values: tf.Tensor[]): tf.Scalar => {
    const given: Tensors = { ...tensors, ...Object.fromEntries(differentiated.map((name, i) => [name, values[i]!])) };
    let sum: tf.Scalar = tf.scalar(0);
    for (const layer of bench.layers) {
      const own = tensorsOf(bench, layer, given);
      const x = given[`x ${layer.name}`] as tf.Tensor2D;
      const y = isTarget.has(layer.name) ? adapter.forward!(own, x) : linear(x, own.weight as tf.Tensor2D, own.bias);
      results[`y.${layer.name}`] = tf.keep(y);
      sum = tf.add(sum, tf.div(tf.sum(tf.mul(y, given[`t ${layer.name}`]!)), y.size));
    }
    return sum;
  };
  const { grads } = tf.valueAndGrads(loss)(differentiated.map((name) => tensors[name]!));
  differentiated.forEach((name, i) => {
    const key = name.startsWith('x ') ? `grad_x.${name.slice(2)}` : `grad.${name}.weight`;
    results[key] = grads[i]!;
  });
  for (const layer of bench.targets) {
    const merged = adapter.merged(tensorsOf(bench, layer, tensors));
    results[`merged.${layer.name}.weight`] = merged.weight;
    results[`merged_y.${layer.name}`] = linear(
      tensors[`x ${layer.name}`] as tf.Tensor2D,
      merged.weight as tf.Tensor2D,
      merged.bias,
    );
  }
  return results;
}

async function run(bench: Bench, backend: 'eager' | 'traced'): Promise<Arrays> {
  if (backend === 'traced') {
    const graph = await compile(bench.inputs, (tensors) => evaluate(bench, tensors));
    const results = await graph.run(bench.feeds);
    await graph.release();
    return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
  }
  const given = Object.entries(bench.inputs).map(([name, { shape }]) => [
    name,
    tf.tensor(bench.feeds[name]!, shape as number[]),
  ]);
  const results = tf.tidy(() => evaluate(bench, Object.fromEntries(given) as Tensors));
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.dataSync<'float32'>()]));
}

/** How far each kind of result may be off. */
const tolerances: Readonly<Record<string, number>> = {
  y: 1e-5,
  merged_y: 1e-5,
  merged: 1e-6,
  grad: 1e-6,
  grad_x: 1e-6,
};

describe('peft/layers', () => {
  if (!hasGolden('peft', 'nets.json')) {
    it.skip('no peft/nets.json in the golden folder');
    return;
  }
  const nets = JSON.parse(readFileSync(goldenPath('peft', 'nets.json'), 'utf8')) as Record<string, NetLayer[]>;
  const base = openSafetensors(goldenPath('peft', 'nets.safetensors'));
  beforeAll(() => tf.setBackend('cpu'));
  afterAll(() => base.close());
  for (const name of readdirSync(goldenPath(...folder)).filter((file) => file.endsWith('.json'))) {
    const entry = JSON.parse(readFileSync(goldenPath(...folder, name), 'utf8')) as LayerCase;
    const file = openSafetensors(goldenPath(...folder, name.replace('.json', '.safetensors')));
    afterAll(() => file.close());
    const parsed = configOf(entry.config);
    const reason =
      'reason' in parsed
        ? parsed.reason
        : file.names.some((key) => key.startsWith('residual.'))
          ? 'the base is replaced'
          : undefined;
    if (reason !== undefined) {
      it.skip(`${entry.name}: not covered, ${reason}`);
      continue;
    }
    it(entry.name, async () => {
      const bench = benchOf(entry, nets, base, file, 'value');
      const shapes = Object.fromEntries(
        bench.parameters.map((parameter) => [`${parameter.name}.weight`, parameter.shape]),
      );
      expect(shapes).toEqual(expectedShapes(entry));
      const count = bench.parameters
        .filter(({ trainable }) => trainable)
        .reduce((sum, { values }) => sum + values.length, 0);
      expect(count).toBe(entry.trainable);
      for (const { layer, scaling } of bench.parameters)
        expect(scaling).toBeCloseTo(entry.attributes[layer!.name]!.scaling, 12);
      for (const backend of ['eager', 'traced'] as const) {
        const results = await run(bench, backend);
        for (const [key, values] of Object.entries(results)) {
          if (!file.names.includes(key)) continue;
          const tolerance = tolerances[key.slice(0, key.indexOf('.'))] ?? 0;
          expectClose(values, file.readFloat32(key), tolerance, `${key}, ${backend}`);
        }
        const compared = file.names.filter((key) => key in results);
        expect(compared.length).toBe(file.names.filter((key) => /^(y|merged|merged_y|grad|grad_x)\./.test(key)).length);
        const start = await run(benchOf(entry, nets, base, file, 'initial'), backend);
        for (const { name: layer } of bench.layers) {
          expectClose(start[`y.${layer}`], file.readFloat32(`initial_y.${layer}`), 1e-5, `initial ${layer}`);
        }
      }
      const identity = adapter.isIdentityAtStart((parsed as { config: unknown }).config);
      expect(identity).toBe(entry.identity_at_init < 1e-4);
    });
  }
});
