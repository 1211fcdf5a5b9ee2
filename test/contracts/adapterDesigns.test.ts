import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import type { Adapter, AdapterPlan, LayerStep, LayerTensors, MergedLayer } from '../../core/contracts/adapter.ts';
import type { InitialParameter, TargetLayer } from '../../core/contracts/parameter.ts';
import { matrix } from '../../core/linalg/matrix.ts';
import { singularValues } from '../../core/linalg/svd.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { tf } from '../../core/tensor/tf.ts';
import { expectClose } from '../closeness.ts';
import { adapterCases } from './adapterCases.ts';
import { adalora } from './adapterDesigns/adalora.ts';
import { dora } from './adapterDesigns/dora.ts';
import { ia3 } from './adapterDesigns/ia3.ts';
import { layerNorm } from './adapterDesigns/layerNorm.ts';
import { miss } from './adapterDesigns/miss.ts';
import { pissa } from './adapterDesigns/pissa.ts';
import { vera } from './adapterDesigns/vera.ts';

const [out, inputs] = [3, 5];
const linearLayer: TargetLayer = {
  name: 'block.q_proj',
  module: 'q_proj',
  kind: 'linear',
  shape: [out, inputs],
  hasBias: true,
};
const weight = randomStream(1, 'weight').normals(out * inputs);
const bias = randomStream(1, 'bias').normals(out);

type Matrix = readonly (readonly number[])[];

/** A parameter's values as rows. */
function rowsOf({ shape, values }: Pick<InitialParameter, 'shape' | 'values'>): Matrix {
  const columns = shape[1] ?? 1;
  return Array.from({ length: shape[0] ?? 1 }, (_, row) =>
    Array.from(values.subarray(row * columns, (row + 1) * columns)),
  );
}

function times(a: Matrix, b: Matrix): number[][] {
  return a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
}

/** A layer attached by a method, with noise on what is trained. */
interface Attached {
  readonly merged: MergedLayer;
  /** Of the parameters, as they are after the noise. */
  readonly value: (name: string) => Matrix;
  /** The frozen weight. */
  readonly frozen: Matrix;
}

function attach<Config, Options>(
  adapter: Adapter<Config, Options>,
  options: Readonly<Record<string, unknown>>,
  layer = linearLayer,
  values = weight,
): Attached {
  const config = adapter.config.parse(options);
  const plan = adapter.plan(config, [layer], randomStream(2));
  const layerOptions = plan.layers.get(layer.name) as Options;
  const given = { layer, options: layerOptions, weight: values, bias, random: randomStream(3) };
  const { parameters, replacedWeight = values } = adapter.attach(given);
  const moved = [...plan.shared, ...parameters].map((parameter) => {
    const noise = randomStream(4, parameter.name).normals(parameter.values.length);
    return {
      ...parameter,
      values: parameter.trainable ? parameter.values.map((v, i) => v + noise[i]!) : parameter.values,
    };
  });
  const find = (name: string): InitialParameter =>
    moved.find((parameter) => parameter.name === name || parameter.name === `${layer.name}.${name}`)!;
  const tensors: LayerTensors<Options> = {
    layer,
    options: layerOptions,
    weight: tf.tensor(replacedWeight, layer.shape as number[]),
    ...(layer.hasBias ? { bias: tf.tensor1d(bias) } : {}),
    parameter: (name) => tf.tensor(find(name).values, find(name).shape as number[]),
    dropout: (x) => x,
  };
  return {
    merged: adapter.merged(tensors),
    value: (name) => rowsOf(find(name)),
    frozen: rowsOf({ shape: layer.shape, values: replacedWeight }),
  };
}

/** The merged weight against a formula for each entry. */
function expectWeight({ merged }: Attached, formula: (o: number, i: number) => number): void {
  const expected = Array.from({ length: out * inputs }, (_, at) => formula(Math.floor(at / inputs), at % inputs));
  expectClose(merged.weight.dataSync<'float32'>(), expected, 1e-5, 'merged weight');
}

const w = rowsOf({ shape: [out, inputs], values: weight });

describe('the designs compute what their papers say', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('DoRA: m / ||W + s B A|| (W + s B A)', () => {
    const attached = attach(dora, { r: 2, lora_alpha: 3 });
    const update = times(attached.value('lora_B'), attached.value('lora_A'));
    const changed = w.map((row, o) => row.map((value, i) => value + 1.5 * update[o]![i]!));
    const magnitude = attached.value('lora_magnitude_vector');
    expectWeight(attached, (o, i) => (magnitude[o]![0]! / Math.hypot(...changed[o]!)) * changed[o]![i]!);
  });

  it('AdaLoRA: W + alpha / (r + 1e-5) B diag(E) A', () => {
    const attached = attach(adalora, { init_r: 3, lora_alpha: 6 });
    const [a, b, e] = ['lora_A', 'lora_B', 'lora_E'].map(attached.value) as [Matrix, Matrix, Matrix];
    const sum = (o: number, i: number): number => e.reduce((total, [ek], k) => total + b[o]![k]! * ek! * a[k]![i]!, 0);
    expectWeight(attached, (o, i) => w[o]![i]! + (6 / (3 + 1e-5)) * sum(o, i));
  });

  it('PiSSA: the residual keeps the minor triplets, B A begins as the principal ones', () => {
    const attached = attach(pissa, { r: 2, lora_alpha: 4 });
    const all = singularValues(matrix(out, inputs, weight));
    const kept = singularValues(matrix(out, inputs, attached.frozen.flat()));
    expectClose(kept, [all[2]!, 0, 0], 1e-5, 'singular values of the residual');
    const start = times(attached.value('initial_B'), attached.value('initial_A'));
    const update = times(attached.value('lora_B'), attached.value('lora_A'));
    expectWeight(attached, (o, i) => w[o]![i]! + 2 * (update[o]![i]! - start[o]![i]!));
  });

  it('VeRA: W + diag(b) B[:out] diag(d) A[:, :in], A and B those that all layers share', () => {
    const attached = attach(vera, { r: 2 });
    const [a, b] = [attached.value('vera_A'), attached.value('vera_B')];
    const [d, scale] = [attached.value('vera_lambda_d'), attached.value('vera_lambda_b')];
    const sum = (o: number, i: number): number => d.reduce((total, [dk], k) => total + b[o]![k]! * dk! * a[k]![i]!, 0);
    expectWeight(attached, (o, i) => w[o]![i]! + scale[o]![0]! * sum(o, i));
  });

  it('MiSS: W[o, j] + M[j mod r, o]', () => {
    const attached = attach(miss, { r: 2 });
    expectWeight(attached, (o, j) => w[o]![j]! + attached.value('miss_block')[j % 2]![o]!);
  });

  it('IA3: W and the bias times l by row, or W alone by column where the input is scaled', () => {
    const byRow = attach(ia3, {});
    const scales = byRow.value('ia3_l');
    expectWeight(byRow, (o, i) => w[o]![i]! * scales[o]![0]!);
    expectClose(
      byRow.merged.bias?.dataSync<'float32'>(),
      scales.map(([l], o) => l! * bias[o]!),
      1e-6,
      'bias',
    );
    const byColumn = attach(ia3, { feedforward_modules: ['q_proj'] });
    expectWeight(byColumn, (o, i) => w[o]![i]! * byColumn.value('ia3_l')[0]![i]!);
    expectClose(byColumn.merged.bias?.dataSync<'float32'>(), bias, 0, 'bias');
  });

  it('LayerNorm tuning: the trained copy in place of the weight', () => {
    const norm: TargetLayer = {
      name: 'block.input_layernorm',
      module: 'input_layernorm',
      kind: 'norm',
      shape: [4],
      hasBias: false,
    };
    const attached = attach(layerNorm, {}, norm, Float32Array.of(1, 2, 3, 4));
    const trained = attached.value('weight').flat();
    expectClose(attached.merged.weight.dataSync<'float32'>(), trained, 0, 'weight');
  });
});

describe('AdaLoRA over all layers', () => {
  beforeAll(() => tf.setBackend('cpu'));
  const config = adalora.config.parse({
    init_r: 2,
    target_r: 1,
    tinit: 1,
    tfinal: 2,
    deltaT: 2,
    beta1: 0.5,
    beta2: 0.5,
  });
  const layers = ['one', 'two'].map((name): TargetLayer => ({ ...linearLayer, name }));
  const plan = adalora.plan(config, layers, randomStream(1));
  const hooks = adalora.hooks!;
  type Options = NonNullable<ReturnType<typeof plan.layers.get>>;

  it('is fed the cubic budget of the whole model, and when to decide', () => {
    const fed = [1, 2, 3, 4, 8, 9, 10].map((step) => hooks.scalars!(config, plan, step, 10));
    // 4 triplets at first, 2 at the end: trunc(2 (1 - (t - 1) / 7)^3 + 2) are kept.
    expect(fed.map(({ pruned }) => pruned)).toEqual([0, 1, 2, 2, 2, 2, 2]);
    expect(fed.map(({ decides }) => decides)).toEqual([0, 1, 0, 1, 1, 0, 0]);
    expect(fed.map(({ applies }) => applies)).toEqual([0, 1, 0, 1, 1, 1, 1]);
    expect(fed.map(({ collects }) => collects)).toEqual([1, 1, 1, 1, 0, 0, 0]);
  });

  it('prunes the least important triplets, whichever layer they are in', () => {
    const filled = (shape: readonly number[], value: number): tf.Tensor => tf.fill(shape as number[], value);
    // The gradient is the importance, since every value after the step is 1; layer "two" matters less.
    const importance = { one: [3, 0.1], two: [0.2, 0.3] };
    const steps = layers.map((layer): LayerStep<Options> => {
      const options = plan.layers.get(layer.name)!;
      const shapeOf = (name: string): readonly number[] => options.shapes[name as 'lora_A'];
      const own = importance[layer.name as 'one'];
      const gradient = (name: string): tf.Tensor =>
        name === 'lora_E' ? tf.tensor2d(own, [2, 1]) : filled(shapeOf(name), 0);
      return {
        layer,
        options,
        weight: tf.tensor(weight, [out, inputs]),
        before: () => tf.ones([2, 1]),
        after: (name) => filled(shapeOf(name), 1),
        gradient,
        state: (name) => tf.zeros(shapeOf(name.slice(0, 'lora_X'.length)) as number[]),
      };
    });
    const extra = { collects: tf.scalar(1), decides: tf.scalar(1), applies: tf.scalar(1), pruned: tf.scalar(2) };
    const {
      parameters = {},
      state = {},
      metrics = {},
    } = hooks.afterStep!(config, steps, {
      learningRate: tf.scalar(1),
      step: tf.scalar(2),
      extra,
    });
    expect(Array.from(parameters['one.mask']!.dataSync())).toEqual([1, 0]);
    expect(Array.from(parameters['two.mask']!.dataSync())).toEqual([0, 1]);
    expect(Array.from(parameters['two.lora_E']!.dataSync())).toEqual([0, 1]);
    expectClose(state['one.lora_E.mean']!.dataSync<'float32'>(), [1.5, 0.05], 1e-6, 'moving mean of |p g|');
    expectClose(state['one.lora_E.deviation']!.dataSync<'float32'>(), [0.75, 0.025], 1e-6, 'moving deviation');
    expect(metrics['budget']!.dataSync()[0]).toBe(2);
  });
});

describe('the contract in types', () => {
  it('takes each design as an adapter of its own configuration and options', () => {
    expectTypeOf(dora).toExtend<Adapter<{ readonly r: number }, { readonly rank: number }>>();
    expectTypeOf(layerNorm.plan).returns.toEqualTypeOf<AdapterPlan<undefined>>();
    expectTypeOf(vera.merged).returns.toEqualTypeOf<MergedLayer>();
    expectTypeOf(adalora.hooks).not.toBeAny();
    expectTypeOf(adapterCases[0]!.adapter).toEqualTypeOf<Adapter>();
  });

  it('is written against all eight methods', () => {
    const ids = new Set(adapterCases.map(({ adapter }) => adapter.id));
    for (const id of ['lora', 'dora', 'adalora', 'pissa', 'vera', 'miss', 'ia3', 'ln_tuning'])
      expect(ids).toContain(id);
  });
});
