import type * as ort from 'onnxruntime-node';
import { RlvrError, messageOf } from '../errors.ts';
import { createSession, loadRuntime } from './runtime.ts';
import {
  inputPrefix,
  outputPrefix,
  traceGraph,
  type GraphDataType,
  type InputSpec,
  type TensorFunction,
} from './trace.ts';

/** Values going into a graph: float32, int32, or bool as bytes. Row-major. */
export type TensorData = Float32Array | Int32Array | Uint8Array;

/** A tensor that came out of a graph. */
export interface TensorResult {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** A traced function with its session. */
export interface CompiledGraph {
  /** Number of nodes before ONNX Runtime's own optimisations. */
  readonly nodes: number;
  /**
   * Runs the graph. Every input must be fed; sizes that were symbolic are taken from `sizes`.
   * Feeds are read in place, so they must not change before the promise is settled.
   */
  run(
    feeds: Readonly<Record<string, TensorData>>,
    sizes?: Readonly<Record<string, number>>,
  ): Promise<Readonly<Record<string, TensorResult>>>;
  /** Frees the session. */
  release(): Promise<void>;
}

/** Traces `fn` and prepares it to run. */
export async function compile(inputs: Readonly<Record<string, InputSpec>>, fn: TensorFunction): Promise<CompiledGraph> {
  const graph = await traceGraph(inputs, fn);
  const [session, runtime] = await Promise.all([createSession(graph.model), loadRuntime()]);
  const used = new Set(session.inputNames);
  return {
    nodes: graph.nodes,
    run: async (feeds, sizes = {}) => {
      const tensors: Record<string, ort.Tensor> = {};
      for (const [name, spec] of Object.entries(inputs)) {
        if (used.has(inputPrefix + name)) tensors[inputPrefix + name] = feed(runtime, name, spec, feeds[name], sizes);
      }
      return collect(await execute(session, tensors));
    },
    release: () => session.release(),
  };
}

async function execute(
  session: ort.InferenceSession,
  feeds: Record<string, ort.Tensor>,
): Promise<ort.InferenceSession.OnnxValueMapType> {
  try {
    return await session.run(feeds);
  } catch (error) {
    throw new RlvrError('tensor/run', `The graph failed while it ran: ${messageOf(error)}`, {}, { cause: error });
  }
}

function feed(
  runtime: typeof ort,
  name: string,
  spec: InputSpec,
  data: TensorData | undefined,
  sizes: Readonly<Record<string, number>>,
): ort.Tensor {
  const shape = spec.shape.map((size) => (typeof size === 'number' ? size : sizes[size]));
  const known = shape.filter((size) => size !== undefined);
  const expected = known.reduce((product, size) => product * size, 1);
  if (data === undefined || known.length !== shape.length || data.length !== expected) {
    const given = data === undefined ? 'nothing' : `${data.length} values`;
    throw new RlvrError(
      'tensor/run',
      `Input "${name}" of shape [${spec.shape.join(', ')}] was fed ${given} with sizes ${JSON.stringify(sizes)}.`,
      { name },
    );
  }
  return tensorOf(runtime, spec.dtype, data, known);
}

function tensorOf(runtime: typeof ort, dtype: GraphDataType, data: TensorData, shape: readonly number[]): ort.Tensor {
  if (dtype === 'float32' && data instanceof Float32Array) return new runtime.Tensor('float32', data, shape);
  if (dtype === 'int32' && data instanceof Int32Array) return new runtime.Tensor('int32', data, shape);
  if (dtype === 'bool' && data instanceof Uint8Array) return new runtime.Tensor('bool', data, shape);
  throw new RlvrError('tensor/run', `A ${dtype} input was fed ${data.constructor.name}.`);
}

function collect(outputs: ort.InferenceSession.OnnxValueMapType): Readonly<Record<string, TensorResult>> {
  return Object.fromEntries(
    Object.entries(outputs).map(([prefixed, value]) => {
      const name = prefixed.slice(outputPrefix.length);
      const { dims, data } = value;
      if (data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array)
        return [name, { shape: dims, data }];
      throw new RlvrError('tensor/run', `Output "${name}" has a type that cannot be read.`);
    }),
  );
}
