import { RlvrError, messageOf } from '../errors.ts';
import { GraphBuilder } from './graphBuilder.ts';
import { registerTraceableGradients } from './gradients.ts';
import { registerTraceKernels } from './kernels/register.ts';
import { encodeModel, type Dimension } from './onnx/model.ts';
import { userLine, withDeepStacks } from './sourceLine.ts';
import { primeRegions } from './symbols.ts';
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

/** Prefix of the inputs' names inside the model. */
export const inputPrefix = 'input:';
/** Prefix of the outputs' names inside the model: an output may be named like an input. */
export const outputPrefix = 'output:';

/** A traced function, ready to be run by ONNX Runtime. */
export interface TracedGraph {
  readonly model: Uint8Array;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly outputs: readonly string[];
  readonly nodes: number;
}

/**
 * Runs `fn` once on symbolic tensors and records what it does as one ONNX graph, gradients included. Where a constant looks like one of the
 * symbolic sizes, `fn` is run once more to find out. Throws `tensor/unsupported-op` for an op without a kernel and `tensor/trace` for what
 * cannot be traced; both name the line.
 */
export async function traceGraph(
  inputs: Readonly<Record<string, InputSpec>>,
  fn: TensorFunction,
): Promise<TracedGraph> {
  traceBackend();
  registerTraceKernels();
  registerTraceableGradients();
  // Initialises the best backend there is, so that there is one to go back to.
  await tf.ready();
  return withDeepStacks(() => {
    try {
      return traceWith(primeRegions[0], inputs, fn);
    } catch (error) {
      if (!(error instanceof RlvrError) || error.fields['bakedSize'] === undefined) throw error;
      return traceWith(primeRegions[1], inputs, fn);
    }
  });
}

/** One attempt. Nothing is awaited: the backend is switched for the whole process. */
function traceWith(firstPrime: number, inputs: Readonly<Record<string, InputSpec>>, fn: TensorFunction): TracedGraph {
  const fixed = Object.values(inputs).flatMap((spec) => spec.shape.filter((size) => typeof size === 'number'));
  const builder = new GraphBuilder(fixed, firstPrime);
  const previous = tf.engine().backendName;
  void tf.setBackend(traceBackendName);
  try {
    return traceBackend().recordInto(builder, () => record(builder, inputs, fn));
  } catch (error) {
    throw located(error, builder);
  } finally {
    void tf.setBackend(previous);
  }
}

function record(builder: GraphBuilder, inputs: Readonly<Record<string, InputSpec>>, fn: TensorFunction): TracedGraph {
  const backend = traceBackend();
  const named: { name: string; value: ReturnType<typeof backend.graphValue> }[] = [];
  tf.engine().startScope('trace');
  try {
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, spec]) => [
        name,
        backend.tensorOf(builder.input(inputPrefix + name, elementTypeOf(spec.dtype), spec.shape)),
      ]),
    );
    for (const [name, tensor] of Object.entries(fn(tensors))) named.push({ name, value: backend.graphValue(tensor) });
  } finally {
    tf.engine().endScope();
  }
  const graph = builder.finish(named.map(({ name, value }) => ({ name: outputPrefix + name, value })));
  return { model: encodeModel(graph), inputs, outputs: named.map(({ name }) => name), nodes: graph.nodes.length };
}

/** Adds the line of the caller's code to an error that tfjs or a kernel threw, and writes symbolic sizes by their names. */
function located(error: unknown, builder: GraphBuilder): RlvrError {
  const line = userLine(error);
  const where = line === undefined ? '' : ` At ${line}.`;
  const message = messageOf(error);
  const missing = /kernel '(\w+)'/i.exec(message)?.[1];
  if (missing !== undefined && /cannot find|not registered/i.test(message)) {
    return new RlvrError(
      'tensor/unsupported-op',
      `The tensor op "${missing}" has no kernel for traced graphs.${where}`,
      { op: missing, line },
      { cause: error },
    );
  }
  if (error instanceof RlvrError)
    return new RlvrError(error.code, message + where, { ...error.fields, line }, { cause: error });
  const readable = message.replace(/\d{5,}/g, (digits) => builder.symbols.describeSize(Number(digits)));
  return new RlvrError('tensor/trace', `Tracing failed: ${readable}${where}`, { line }, { cause: error });
}
