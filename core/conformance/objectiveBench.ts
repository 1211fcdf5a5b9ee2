import type { Objective, PolicyBatch, PolicyCounts } from '../contracts/objective.ts';
import type { CompiledGraph } from '../tensor/compile.ts';
import { compile } from '../tensor/compile.ts';
import { tf } from '../tensor/tf.ts';
import type { InputSpec } from '../tensor/trace.ts';
import { nonconformity } from './behaviour.ts';

/** What a batch has for each token, [R, T]. */
export const tokenTensors = ['logps', 'oldLogps', 'referenceLogps', 'samplingLogps', 'entropies', 'mask'] as const;

/** A micro-batch as arrays, row-major. */
export interface LossBatch extends Readonly<Record<(typeof tokenTensors)[number], Float32Array>> {
  readonly rows: number;
  readonly columns: number;
  readonly advantages: Float32Array;
  /** [R, T], for objectives whose advantages are of tokens. */
  readonly tokenAdvantages?: Float32Array;
  readonly counts: Readonly<Record<keyof PolicyCounts, number>>;
}

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

/** The scalars of a batch by the names that its tensors have. */
export function scalarsOf({ counts }: LossBatch, state: State): ReadonlyMap<string, number> {
  const named = (prefix: string, numbers: State): readonly (readonly [string, number])[] =>
    Object.entries(numbers).map(([name, value]) => [`${prefix} ${name}`, value]);
  return new Map([...named('count', counts), ...named('state', state)]);
}

/** Loss, gradients and metric sums by name, from the tensors of a micro-batch. */
export function lossOutputs(objective: Objective, config: unknown, tensors: Tensors): Record<string, tf.Tensor> {
  const named = (prefix: string): Tensors => partsOf(tensors, `${prefix} `);
  let metrics: Record<string, tf.Tensor> = {};
  const lossOf = (logps: tf.Tensor, entropies: tf.Tensor): tf.Scalar => {
    const columns = Object.fromEntries(tokenTensors.map((name) => [name, tensors[name]]));
    const { advantages, tokenAdvantages } = tensors;
    const perToken = tokenAdvantages === undefined ? {} : { tokenAdvantages };
    const batch = {
      ...columns,
      logps,
      entropies,
      advantages,
      ...perToken,
      counts: named('count'),
      state: named('state'),
    };
    const { loss, metrics: sums } = objective.loss(config, batch as unknown as PolicyBatch);
    if (loss.rank !== 0)
      throw nonconformity(
        { plugin: `objective "${objective.id}"`, method: 'loss' },
        `the loss is of shape [${loss.shape.join(', ')}], expected a scalar`,
      );
    metrics = Object.fromEntries(
      Object.entries(sums).flatMap(([name, { sum, weight }]) => [
        [`sum ${name}`, tf.keep(sum)],
        [`weight ${name}`, tf.keep(weight)],
      ]),
    );
    // Adding nothing keeps entropies on the path of the gradient where the loss does not use them.
    return tf.add(loss, tf.mul(tf.sum(entropies), 0));
  };
  const given = [tensors['logps'] as tf.Tensor, tensors['entropies'] as tf.Tensor];
  const { value, grads } = tf.valueAndGrads(lossOf)(given);
  return { loss: value, gradient: grads[0] as tf.Tensor, entropyGradient: grads[1] as tf.Tensor, ...metrics };
}

/** What `lossOutputs` gave, as numbers. */
export function lossResult(outputs: Readonly<Record<string, Float32Array>>): LossResult {
  const { loss, gradient = new Float32Array(), entropyGradient = new Float32Array() } = outputs;
  const weights = partsOf(outputs, 'weight ');
  const metrics = Object.entries(partsOf(outputs, 'sum ')).map(([name, sum]) => {
    return [name, { sum: sum[0] ?? NaN, weight: weights[name]?.[0] ?? NaN }] as const;
  });
  return { loss: loss?.[0] ?? NaN, gradient, entropyGradient, metrics: Object.fromEntries(metrics) };
}

/** Traces a loss with R and T unknown, for batches with the scalars of this one. */
export async function compileLoss(
  objective: Objective,
  config: unknown,
  batch: LossBatch,
  state: State = {},
): Promise<CompiledGraph> {
  const spec = (shape: InputSpec['shape']): InputSpec => ({ shape, dtype: 'float32' });
  const inputs = Object.fromEntries([
    ...tokenTensors.map((name) => [name, spec(['R', 'T'])] as const),
    ...[...scalarsOf(batch, state).keys()].map((name) => [name, spec([])] as const),
    ['advantages', spec(['R'])] as const,
    ...(batch.tokenAdvantages === undefined ? [] : [['tokenAdvantages', spec(['R', 'T'])] as const]),
  ]);
  return compile(inputs, (tensors) => lossOutputs(objective, config, tensors));
}

/** Runs a traced loss on a micro-batch. */
export async function runLoss(graph: CompiledGraph, batch: LossBatch, state: State = {}): Promise<LossResult> {
  const { rows, columns, counts: _counts, ...arrays } = batch;
  const scalars = [...scalarsOf(batch, state)].map(([name, value]) => [name, Float32Array.of(value)] as const);
  const outputs = await graph.run({ ...Object.fromEntries(scalars), ...arrays }, { R: rows, T: columns });
  return lossResult(
    Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array])),
  );
}

/** The entries whose names begin with `prefix`, by the rest of their names. */
function partsOf<Value>(all: Readonly<Record<string, Value>>, prefix: string): Readonly<Record<string, Value>> {
  const found = Object.entries(all).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]));
}
