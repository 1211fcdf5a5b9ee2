import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect } from 'vitest';
import { matrix } from '../../../core/linalg/matrix.ts';
import { multiply } from '../../../core/linalg/multiply.ts';
import type { SafetensorsFile } from '../../../core/model/safetensors.ts';
import { compile } from '../../../core/tensor/compile.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { policyPrefixes } from '../../../core/training/policy.ts';
import { expectClose } from '../../closeness.ts';
import { describeCases } from './describeCases.ts';
import { comparedFields, listLayersCases, peftShapes, trainedShapes, valueOf, withPeftsValues } from './layerCases.ts';
import type { LayersBench } from './layerCases.ts';
import { evaluateNet, mergeNet, netInputs } from './netBench.ts';
import type { Feeds, Tensors } from './netBench.ts';
import { parameterName } from './peftCases.ts';

type Backend = (feeds: Feeds) => Promise<Feeds>;

/** How far each kind of result may be off. */
const tolerances: Readonly<Record<string, number>> = {
  y: 1e-5,
  merged_y: 1e-5,
  merged: 1e-6,
  grad: 1e-6,
  grad_x: 1e-6,
};

/** PEFT's name of a result, as the golden file has it, and what we call it. */
function resultName(key: string): string {
  const at = key.indexOf('.');
  const [kind, name] = [key.slice(0, at), key.slice(at + 1)];
  if (kind === 'grad') return `grad ${parameterName(name)}`;
  return kind === 'grad_x' ? `grad x ${name}` : `${kind} ${name}`;
}

/** PEFT's tensors as feeds. What PEFT does not have keeps the value that the adapter gave it, unless it is a copy of a trained start. */
function feedsOf({ net, policy, entry, file }: LayersBench, at: 'initial' | 'value'): Feeds {
  const feeds: Record<string, Float32Array> = { ...net.feeds };
  for (const { name, values } of policy.parameters) feeds[policyPrefixes.parameter + name] = values;
  for (const parameter of entry.parameters) {
    const input = policyPrefixes.parameter + parameterName(parameter.name);
    if (input in feeds)
      feeds[input] = valueOf(file, at === 'value' ? parameter : { ...parameter, kind: 'frozen' }).values;
  }
  for (const [name, values] of policy.replaced) {
    const residual = `residual.${name}.weight`;
    feeds[policyPrefixes.replaced + name] = file.names.includes(residual) ? file.readFloat32(residual) : values;
  }
  return feeds;
}

function eager({ net, policy }: LayersBench): Backend {
  const inputs = netInputs(net, policy);
  return (feeds) => {
    const results = tf.tidy(() => {
      const given = Object.entries(inputs).map(([name, { shape }]) => [
        name,
        tf.tensor(feeds[name]!, shape as number[]),
      ]);
      const tensors = Object.fromEntries(given) as Tensors;
      return { ...evaluateNet(net, policy, tensors), ...mergeNet(net, policy, tensors) };
    });
    const values = Object.entries(results).map(([name, tensor]) => [name, tensor.dataSync<'float32'>()]);
    tf.dispose(results);
    return Promise.resolve(Object.fromEntries(values) as Feeds);
  };
}

async function traced({ net, policy }: LayersBench): Promise<{ readonly run: Backend; release(): Promise<void> }> {
  const graph = await compile(netInputs(net, policy), (tensors) => ({
    ...evaluateNet(net, policy, tensors),
    ...mergeNet(net, policy, tensors),
  }));
  return {
    run: async (feeds) => {
      const results = await graph.run(feeds);
      return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
    },
    release: () => graph.release(),
  };
}

/** Everything that PEFT computed at the perturbed values. */
function expectResults(results: Feeds, file: SafetensorsFile, what: string): void {
  const keys = file.names.filter((key) => key.slice(0, key.indexOf('.')) in tolerances);
  expect(keys.length).toBeGreaterThan(0);
  for (const key of keys)
    expectClose(
      results[resultName(key)],
      file.readFloat32(key),
      tolerances[key.slice(0, key.indexOf('.'))]!,
      `${key}, ${what}`,
    );
}

async function expectSameMathematics(bench: LayersBench, run: Backend, what: string): Promise<void> {
  const { entry, file } = bench;
  expectResults(await run(feedsOf(bench, 'value')), file, what);
  // The note says where PEFT's own start is not to be compared.
  if (entry.note?.includes('initial_y') === true) return;
  const start = await run(feedsOf(bench, 'initial'));
  for (const key of file.names.filter((name) => name.startsWith('initial_y.')))
    expectClose(start[key.replace('initial_y.', 'y ')], file.readFloat32(key), 1e-5, `${key}, ${what}`);
}

/** What is added to the model, exactly, and how it enters the weights. */
function expectSameParameters({ policy, entry, file }: LayersBench): void {
  expect(trainedShapes(policy)).toEqual(peftShapes(entry));
  const trained = policy.parameters.filter(({ trainable }) => trainable);
  expect(trained.reduce((sum, { values }) => sum + values.length, 0)).toBe(entry.trainable);
  const peft = new Map(entry.parameters.map((parameter) => [parameterName(parameter.name), parameter]));
  for (const { name, shape, trainable, layer, scaling } of policy.parameters) {
    const own = peft.get(name);
    if (own !== undefined)
      expect({ name, shape, trainable }).toEqual({ name, shape: own.shape, trainable: own.kind === 'trainable' });
    const attributes = layer === undefined ? undefined : entry.attributes[layer.name];
    if (/\.lora_[AB]$/.test(name) && attributes?.['use_rslora'] !== undefined)
      expect(scaling).toBeCloseTo(Number(attributes['scaling']), 12);
  }
  // Frozen tensors that are not in PEFT's file have to be made again when it is loaded: they are a function of the configuration.
  for (const { name, kind, saved_as: savedAs } of entry.parameters) {
    const own = policy.parameters.find((parameter) => parameter.name === parameterName(name));
    if (kind === 'frozen' && typeof savedAs !== 'string' && own !== undefined)
      expectClose(own.values, file.readFloat32(`initial.${name}`), 0, `${name}, made again`);
  }
}

/** As PEFT saved it, where the base is still the original one. What only says how the adapter started is gone after it was read. */
function expectSameFolder(bench: LayersBench): void {
  const { policy, entry, saved } = bench;
  if (entry.base_changed.length > 0) return;
  const exported = policy.adapter.toPeft(policy.adapterConfig, withPeftsValues(bench), 'base')!;
  const left = entry.config['init_lora_weights'] === 'eva' ? ['init_lora_weights', 'eva_config'] : [];
  expect(comparedFields(exported.config, left)).toEqual(comparedFields(entry.config, left));
  expect(exported.tensors).toEqual(saved.tensors);
}

/** The update in the form of plain LoRA, on the original base, where the method has one. */
function expectSameLoraForm(bench: LayersBench): void {
  const { policy, net, file } = bench;
  const values = new Map(withPeftsValues(bench).map((parameter) => [parameter.name, parameter]));
  for (const layer of policy.targets.values()) {
    const base = net.base(`${layer.name}.weight`)!;
    const form = policy.adapter.loraForm?.({
      layer,
      options: policy.plan.layers.get(layer.name),
      base,
      parameter: (name) => (values.get(`${layer.name}.${name}`) ?? values.get(name))!,
    });
    const key = `merged.${layer.name}.weight`;
    if (form === undefined || !file.names.includes(key)) continue;
    const [rank = 0, inputs = 0] = form.a.shape;
    const update = multiply(matrix(base.length / inputs, rank, form.b.values), matrix(rank, inputs, form.a.values));
    const whole = base.map((value, i) => value + form.scaling * update.data[i]!);
    expectClose(whole, file.readFloat32(key), 1e-6, `${key} by the LoRA form`);
  }
}

describeCases('peft/layers', listLayersCases(), async ({ bench }) => {
  const own = bench();
  const { policy, entry } = own;
  expectSameParameters(own);
  expect(policy.adapter.isIdentityAtStart(policy.adapterConfig)).toBe(entry.identity_at_init < 1e-4);
  expect([...policy.replaced.keys()].map((name) => `${name}.weight`).sort()).toEqual(entry.base_changed);
  expectSameFolder(own);
  expectSameLoraForm(own);
  await expectSameMathematics(own, eager(own), 'eager');
  const graph = await traced(own);
  await expectSameMathematics(own, graph.run, 'traced');
  await graph.release();
});

beforeAll(() => tf.setBackend('cpu'));
