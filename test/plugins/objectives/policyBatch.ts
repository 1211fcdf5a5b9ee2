import type { Scalar } from '@tensorflow/tfjs-core';
import type { Objective, PolicyBatch, PolicyCounts } from '../../../core/contracts/objective.ts';
import type { CompiledGraph } from '../../../core/tensor/compile.ts';
import { compile } from '../../../core/tensor/compile.ts';
import { tf } from '../../../core/tensor/tf.ts';
import type { InputSpec } from '../../../core/tensor/trace.ts';
import type { MicroBatch } from './lossCases.ts';

/** What a loss gave for one micro-batch. */
export interface LossResult {
  readonly loss: number;
  /** With respect to logps and to entropies, [R, T]. */
  readonly gradient: Float32Array;
  readonly entropyGradient: Float32Array;
  readonly metrics: Readonly<Record<string, { readonly sum: number; readonly weight: number }>>;
}

type State = Readonly<Record<string, number>>;
type Tensors = Readonly<Record<string, tf.Tensor>>;

const tokenTensors = ['logps', 'oldLogps', 'referenceLogps', 'samplingLogps', 'entropies', 'mask'] as const;

function batchOf(tensors: Tensors, names: { counts: readonly string[]; state: readonly string[] }): PolicyBatch {
  const scalars = (list: readonly string[]): Record<string, Scalar> =>
    Object.fromEntries(list.map((name) => [name, tensors[name] as Scalar]));
  const { advantages, ...rest } = tensors as unknown as PolicyBatch;
  const columns = Object.fromEntries(tokenTensors.map((name) => [name, rest[name]])) as unknown as PolicyBatch;
  return {
    ...columns,
    advantages,
    counts: scalars(names.counts) as unknown as PolicyCounts,
    state: scalars(names.state),
  };
}

/** Loss, gradients and metric sums by name, from the tensors of a micro-batch. */
function evaluate(
  objective: Objective,
  config: unknown,
  tensors: Tensors,
  names: Parameters<typeof batchOf>[1],
): Record<string, tf.Tensor> {
  let metrics: Record<string, tf.Tensor> = {};
  const loss = (logps: tf.Tensor, entropies: tf.Tensor): Scalar => {
    const result = objective.loss(config, batchOf({ ...tensors, logps, entropies }, names));
    const sums = Object.entries(result.metrics).flatMap(([name, { sum, weight }]) => [
      [`sum ${name}`, sum],
      [`weight ${name}`, weight],
    ]);
    metrics = Object.fromEntries(sums) as Record<string, tf.Tensor>;
    for (const tensor of Object.values(metrics)) tf.keep(tensor);
    // Adding nothing keeps entropies on the path of the gradient where the loss does not use them.
    return tf.add(result.loss, tf.mul(tf.sum(entropies), 0));
  };
  const { value, grads } = tf.valueAndGrads(loss)([tensors['logps'] as tf.Tensor, tensors['entropies'] as tf.Tensor]);
  return { loss: value, gradient: grads[0] as tf.Tensor, entropyGradient: grads[1] as tf.Tensor, ...metrics };
}

function resultOf(read: (name: string) => Float32Array, outputs: readonly string[]): LossResult {
  const metricNames = outputs.filter((name) => name.startsWith('sum ')).map((name) => name.slice(4));
  const number = (name: string): number => read(name)[0] ?? Number.NaN;
  return {
    loss: number('loss'),
    gradient: read('gradient'),
    entropyGradient: read('entropyGradient'),
    metrics: Object.fromEntries(
      metricNames.map((name) => [name, { sum: number(`sum ${name}`), weight: number(`weight ${name}`) }]),
    ),
  };
}

/** Runs a loss eagerly on the current backend. */
export function runEagerly(objective: Objective, config: unknown, batch: MicroBatch, state: State = {}): LossResult {
  const names = { counts: Object.keys(batch.counts), state: Object.keys(state) };
  let result: LossResult | undefined;
  tf.tidy(() => {
    const scalars = Object.entries({ ...batch.counts, ...state }).map(([name, value]) => [name, tf.scalar(value)]);
    const matrices = tokenTensors.map((name) => [name, tf.tensor2d(batch[name], [batch.rows, batch.columns])]);
    const tensors = Object.fromEntries([
      ...scalars,
      ...matrices,
      ['advantages', tf.tensor1d(batch.advantages)],
    ]) as Tensors;
    const outputs = evaluate(objective, config, tensors, names);
    result = resultOf((name) => outputs[name]?.dataSync<'float32'>() ?? new Float32Array(), Object.keys(outputs));
    tf.dispose(outputs);
  });
  if (result === undefined) throw new TypeError('nothing was run');
  return result;
}

/** Traces a loss with R and T unknown. */
export async function compileLoss(
  objective: Objective,
  config: unknown,
  batch: MicroBatch,
  state: State = {},
): Promise<CompiledGraph> {
  const names = { counts: Object.keys(batch.counts), state: Object.keys(state) };
  const spec = (shape: InputSpec['shape']): InputSpec => ({ shape, dtype: 'float32' });
  const scalars = [...names.counts, ...names.state].map((name) => [name, spec([])]);
  const matrices = tokenTensors.map((name) => [name, spec(['R', 'T'])]);
  const inputs = Object.fromEntries([...scalars, ...matrices, ['advantages', spec(['R'])]]) as Record<
    string,
    InputSpec
  >;
  return compile(inputs, (tensors) => evaluate(objective, config, tensors, names));
}

/** Runs a traced loss on a micro-batch. */
export async function runTraced(graph: CompiledGraph, batch: MicroBatch, state: State = {}): Promise<LossResult> {
  const { rows, columns, counts, ...arrays } = batch;
  const scalars = Object.entries({ ...counts, ...state }).map(([name, value]) => [name, Float32Array.of(value)]);
  const feeds = { ...(Object.fromEntries(scalars) as Record<string, Float32Array>), ...arrays };
  const outputs = await graph.run(feeds, { R: rows, T: columns });
  return resultOf((name) => outputs[name]?.data as Float32Array, Object.keys(outputs));
}
