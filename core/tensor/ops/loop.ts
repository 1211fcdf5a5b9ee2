import { RlvrError } from '../../errors.ts';
import type { Value } from '../graphBuilder.ts';
import { castNode } from '../kernels/elementwise.ts';
import type { tf } from '../tf.ts';
import { traceBackend } from '../traceBackend.ts';

/** What one turn of a loop gives. */
export interface LoopTurn {
  /** The carried tensors' next values, by the same names. */
  readonly carried: Readonly<Record<string, tf.Tensor>>;
  /** Stacked over the turns along a new first axis. */
  readonly outputs: Readonly<Record<string, tf.Tensor>>;
  /** A bool scalar; the loop ends when it is false. */
  readonly proceed?: tf.Tensor;
}

/** A loop inside the graph. */
export interface LoopOptions {
  /** Most turns there can be. int32 scalar. */
  readonly turns: tf.Scalar;
  readonly carried: Readonly<Record<string, tf.Tensor>>;
  /** Axes of carried tensors whose size changes from turn to turn. */
  readonly growing?: Readonly<Record<string, number>>;
  /** Traced once; may use any tensor of the surrounding graph. */
  readonly body: (turn: tf.Scalar, carried: Readonly<Record<string, tf.Tensor>>) => LoopTurn;
}

/** The last carried values and the stacked outputs, [turns done, ...]. */
export interface LoopResult {
  readonly carried: Readonly<Record<string, tf.Tensor>>;
  readonly outputs: Readonly<Record<string, tf.Tensor>>;
}

/** Runs a body repeatedly inside the graph (ONNX Loop). It has no gradient. Only while tracing. */
export function loop(options: LoopOptions): LoopResult {
  const backend = traceBackend();
  const { builder } = backend;
  const names = Object.keys(options.carried);
  const initial = names.map((name) => backend.graphValue(tensorNamed(options.carried, name)));
  builder.openBody();
  const turn = builder.input(builder.freshName('turn'), 'int64', []);
  const proceedIn = builder.input(builder.freshName('proceed'), 'bool', []);
  const carriedIn = names.map((name, i) => {
    const outer = initial[i] as Value;
    const symbol = options.growing?.[name] === undefined ? undefined : builder.symbols.derived();
    const shape = outer.shape.map((size, axis) => (axis === options.growing?.[name] ? (symbol?.prime ?? size) : size));
    const value = builder.bodyInput(builder.freshName(name), outer.type, shape);
    if (symbol !== undefined) builder.bindSymbol(symbol.name, value, options.growing?.[name] ?? 0);
    return value;
  });
  const inner = Object.fromEntries(names.map((name, i) => [name, backend.tensorOf(carriedIn[i] as Value)]));
  const turnTensor = backend.tensorOf(castNode(builder, turn, 'int32')) as tf.Scalar;
  const result = options.body(turnTensor, inner);
  const proceed = result.proceed === undefined ? proceedIn : backend.graphValue(result.proceed);
  const next = names.map((name) => backend.graphValue(tensorNamed(result.carried, name)));
  const outputNames = Object.keys(result.outputs);
  const stacked = outputNames.map((name) => backend.graphValue(tensorNamed(result.outputs, name)));
  // A body's outputs must be made in the body, each once.
  const own = [proceed, ...next, ...stacked].map((value) => builder.rename(value));
  const body = builder.closeBody(own);
  const turns = castNode(builder, backend.graphValue(options.turns), 'int64');
  const count = builder.symbols.derived();
  const outputs = [
    ...initial.map((value, i) => ({ type: value.type, shape: next[i]?.shape ?? value.shape })),
    ...stacked.map((value) => ({ type: value.type, shape: [count.prime, ...value.shape] })),
  ];
  const start = builder.constant('bool', [], [1]);
  const values = builder.addMulti('Loop', [turns, start, ...initial], outputs, {
    attributes: { body: { graph: body } },
  });
  const firstStacked = values[initial.length];
  if (firstStacked !== undefined) builder.bindSymbol(count.name, firstStacked, 0);
  const tensors = values.map((value) => backend.tensorOf(value));
  return {
    carried: Object.fromEntries(names.map((name, i) => [name, tensors[i] as tf.Tensor])),
    outputs: Object.fromEntries(outputNames.map((name, i) => [name, tensors[names.length + i] as tf.Tensor])),
  };
}

function tensorNamed(tensors: Readonly<Record<string, tf.Tensor>>, name: string): tf.Tensor {
  const tensor = tensors[name];
  if (tensor === undefined)
    throw new RlvrError('tensor/trace', `The loop's body does not return the carried tensor "${name}".`, { name });
  return tensor;
}
