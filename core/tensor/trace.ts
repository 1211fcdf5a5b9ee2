import { RlvrError, messageOf } from '../errors.ts';
import { GraphBuilder } from './graphBuilder.ts';
import { registerTraceableGradients } from './gradients.ts';
import { registerTraceKernels } from './kernels/register.ts';
import { encodeModel, type Dimension } from './onnx/model.ts';
import { tf } from './tf.ts';
import { elementTypeOf, traceBackend, traceBackendName } from './traceBackend.ts';

/** Data types of a graph's inputs and outputs. */
export type GraphDataType = 'float32' | 'int32' | 'bool';

/** Shape and type of an input; a size given as text is only known when the graph runs. */
export interface InputSpec {
  readonly shape: readonly Dimension[];
  readonly dtype: GraphDataType;
}

/** A function of tensors by name, written in tfjs ops. */
export type TensorFunction = (inputs: Readonly<Record<string, tf.Tensor>>) => Readonly<Record<string, tf.Tensor>>;

/** Prefix of the outputs' names inside the model. */
export const outputPrefix = 'output.';

/** A traced function, ready to be run by ONNX Runtime. */
export interface TracedGraph {
  readonly model: Uint8Array;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly outputs: readonly string[];
  readonly nodes: number;
}

/**
 * Runs `fn` once on symbolic tensors and records what it does as one ONNX graph, gradients included.
 * Throws `tensor/unsupported-op` for an op without a kernel and `tensor/trace` for what cannot be traced; both name the line.
 */
export async function traceGraph(inputs: Readonly<Record<string, InputSpec>>, fn: TensorFunction): Promise<TracedGraph> {
  const backend = traceBackend();
  registerTraceKernels();
  registerTraceableGradients();
  const previous = tf.engine().backendName;
  await tf.setBackend(traceBackendName);
  try {
    const fixed = Object.values(inputs).flatMap((spec) => spec.shape.filter((size) => typeof size === 'number'));
    const builder = new GraphBuilder(fixed);
    return backend.recordInto(builder, () => record(builder, inputs, fn));
  } catch (error) {
    throw located(error);
  } finally {
    if (previous && previous !== traceBackendName) await tf.setBackend(previous);
  }
}

function record(builder: GraphBuilder, inputs: Readonly<Record<string, InputSpec>>, fn: TensorFunction): TracedGraph {
  const backend = traceBackend();
  const named: { name: string; value: ReturnType<typeof backend.graphValue> }[] = [];
  tf.engine().startScope('trace');
  try {
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, spec]) => [name, backend.tensorOf(builder.input(name, elementTypeOf(spec.dtype), spec.shape))]),
    );
    for (const [name, tensor] of Object.entries(fn(tensors))) named.push({ name, value: backend.graphValue(tensor) });
  } finally {
    tf.engine().endScope();
  }
  // Prefixed, because an output may be named like an input.
  const graph = builder.finish(named.map(({ name, value }) => ({ name: outputPrefix + name, value })));
  return { model: encodeModel(graph), inputs, outputs: named.map(({ name }) => name), nodes: graph.nodes.length };
}

/** Adds the line of the caller's code to an error that tfjs or a kernel threw. */
function located(error: unknown): RlvrError {
  const line = userLine(error);
  const where = line === undefined ? '' : ` At ${line}.`;
  const missing = /kernel '(\w+)'/i.exec(messageOf(error))?.[1];
  if (missing !== undefined && /cannot find|not registered/i.test(messageOf(error))) {
    return new RlvrError('tensor/unsupported-op', `The tensor op "${missing}" has no kernel for traced graphs.${where}`, { op: missing, line }, { cause: error });
  }
  if (error instanceof RlvrError) return new RlvrError(error.code, error.message + where, { ...error.fields, line }, { cause: error });
  return new RlvrError('tensor/trace', `Tracing failed: ${messageOf(error)}${where}`, { line }, { cause: error });
}

/** The first stack line that is neither tfjs nor the tracer. */
function userLine(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const lines = (error.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at '));
  const own = lines.find((line) => !/node_modules|core[\\/]tensor[\\/](?!ops)|node:|tfjs/.test(line));
  return own?.replace(/^\s*at\s+/, '');
}
