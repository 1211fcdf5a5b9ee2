import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect } from 'vitest';
import type {
  Adapter,
  LayerTensors,
  LowRankUpdate,
  MergedLayer,
  PeftAdapter,
  PeftImport,
  StoredTensor,
} from '../../../core/contracts/adapter.ts';
import type { InitialParameter, ParameterSpec, TargetLayer } from '../../../core/contracts/parameter.ts';
import { linear } from '../../../core/tensor/ops/linear.ts';
import { randomStream } from '../../../core/tensor/random.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { expectClose } from '../../closeness.ts';

/** Rows of numbers. */
export type Matrix = readonly (readonly number[])[];

/** A linear layer with bias of any size. */
export function linearLayer(out: number, inputs: number, name = 'block.q_proj'): TargetLayer {
  return { name, module: name.slice(name.lastIndexOf('.') + 1), kind: 'linear', shape: [out, inputs], hasBias: true };
}

/** A parameter's values as rows. */
function rowsOf({ shape, values }: StoredTensor): Matrix {
  const columns = shape[1] ?? 1;
  return Array.from({ length: shape[0] ?? 1 }, (_, row) =>
    Array.from(values.subarray(row * columns, (row + 1) * columns)),
  );
}

/** A B */
export function times(a: Matrix, b: Matrix): number[][] {
  return a.map((row) => (b[0] ?? []).map((_, j) => row.reduce((sum, value, k) => sum + value * (b[k]?.[j] ?? NaN), 0)));
}

/** A layer attached by a method, with noise on what is trained. */
export interface AttachedLayer {
  readonly layer: TargetLayer;
  readonly weight: Matrix;
  readonly bias: readonly number[];
  readonly merged: MergedLayer;
  /** All parameters of the plan and the layer with the noise. */
  readonly parameters: readonly (ParameterSpec & StoredTensor)[];
  /** The trained ones before the noise. */
  readonly start: readonly InitialParameter[];
  /** A parameter by its short name, as rows. */
  value(name: string): Matrix;
  /** Output for inputs [tokens, in] by `forward` where there is one. */
  forward(x: tf.Tensor2D, dropout?: (x: tf.Tensor2D, rate: number) => tf.Tensor2D): tf.Tensor2D;
  readonly loraForm: LowRankUpdate | undefined;
}

/** Options of the attached layer of a test. */
export interface AttachOptions {
  readonly layer?: TargetLayer;
  /** Deviation of the noise; 0 leaves the start. */
  readonly noise?: number;
}

/** Attaches a method to one layer with normal weights, outside of any model. */
export function attach<Config, Options>(
  adapter: Adapter<Config, Options>,
  options: Readonly<Record<string, unknown>>,
  { layer = linearLayer(3, 5), noise = 1 }: AttachOptions = {},
): AttachedLayer {
  const count = layer.shape.reduce((product, size) => product * size, 1);
  const weight = randomStream(1, 'weight').normals(count);
  const bias = randomStream(1, 'bias').normals(layer.shape[0] ?? 0);
  const config = adapter.config.parse(options);
  const plan = adapter.plan(config, [layer], randomStream(2));
  const layerOptions = plan.layers.get(layer.name) as Options;
  const given = { layer, options: layerOptions, weight, random: randomStream(3), ...(layer.hasBias ? { bias } : {}) };
  const start = [...plan.shared, ...adapter.attach(given).parameters];
  const parameters = start.map((parameter) => {
    const drawn = randomStream(4, parameter.name).normals(parameter.values.length);
    const moved = parameter.values.map((value, i) => value + noise * (drawn[i] ?? 0));
    return { ...parameter, values: parameter.trainable ? moved : parameter.values };
  });
  const find = (name: string): ParameterSpec & StoredTensor => {
    const found = parameters.find((own) => own.name === name || own.name === `${layer.name}.${name}`);
    if (found === undefined) throw new Error(`no parameter ${name}`);
    return found;
  };
  const tensors: LayerTensors<Options> = {
    layer,
    options: layerOptions,
    weight: tf.tensor(weight, layer.shape as number[]),
    ...(layer.hasBias ? { bias: tf.tensor1d(bias) } : {}),
    parameter: (name) => tf.tensor(find(name).values, find(name).shape as number[]),
    dropout: (x) => x,
  };
  const merged = adapter.merged(tensors);
  return {
    layer,
    weight: rowsOf({ shape: layer.shape, values: weight }),
    bias: Array.from(bias),
    merged,
    parameters,
    start,
    value: (name) => rowsOf(find(name)),
    forward: (x, dropout = tensors.dropout) =>
      adapter.forward?.({ ...tensors, dropout }, x) ?? linear(x, merged.weight as tf.Tensor2D, merged.bias),
    loraForm: adapter.loraForm?.({ layer, options: layerOptions, base: weight, parameter: find }),
  };
}

/** The merged weight against a formula for each entry. */
export function expectWeight({ merged, layer }: AttachedLayer, formula: (o: number, i: number) => number): void {
  const [out = 0, inputs = 1] = layer.shape;
  const expected = Array.from({ length: out * inputs }, (_, at) => formula(Math.floor(at / inputs), at % inputs));
  expectClose(merged.weight.dataSync<'float32'>(), expected, 1e-5, 'merged weight');
}

/** The method's plain LoRA form against its merged weight. */
export function expectLoraForm({ merged, weight, loraForm }: AttachedLayer): void {
  expect(loraForm).toBeDefined();
  const { a, b, scaling } = loraForm!;
  const update = times(rowsOf(b), rowsOf(a));
  const whole = weight.flatMap((row, o) => row.map((value, i) => value + scaling * update[o]![i]!));
  expectClose(merged.weight.dataSync<'float32'>(), whole, 1e-5, 'W + s B A');
}

/** Inputs [tokens, in]. */
export function inputsFor({ layer }: AttachedLayer, tokens = 4): tf.Tensor2D {
  const inputs = layer.shape[1] ?? 1;
  return tf.tensor2d(randomStream(9, 'x').normals(tokens * inputs), [tokens, inputs]);
}

/** Runs a file's tests op by op, in plain JavaScript. */
export function useEagerTensors(): void {
  beforeAll(() => tf.setBackend('cpu'));
}

/** What a method makes of a folder of PEFT's; fails the test where it refuses it. */
export function readOf<Config>(adapter: Adapter<Config>, peft: PeftAdapter): PeftImport<Config> {
  const read = adapter.fromPeft(peft);
  if ('refused' in read) throw new Error(read.refused);
  return read;
}

/** A folder of PEFT's with other fields. */
export function withFields(peft: PeftAdapter | undefined, fields: Readonly<Record<string, unknown>>): PeftAdapter {
  if (peft === undefined) throw new Error('the method is not PEFT’s');
  return { ...peft, config: { ...peft.config, ...fields } };
}
