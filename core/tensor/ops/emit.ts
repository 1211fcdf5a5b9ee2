import type { GraphBuilder, Value } from '../graphBuilder.ts';
import type { tf } from '../tf.ts';
import { traceBackend } from '../traceBackend.ts';

/** Adds nodes to the graph being traced and returns tensors for their outputs. Only while tracing (see isTracing). */
export function emit(
  inputs: readonly tf.Tensor[],
  record: (builder: GraphBuilder, values: readonly Value[]) => readonly Value[],
): tf.Tensor[] {
  const backend = traceBackend();
  const values = record(
    backend.builder,
    inputs.map((input) => backend.graphValue(input)),
  );
  return values.map((value) => backend.tensorOf(value));
}

/** `emit` for nodes with a single output. */
export function emitOne(
  inputs: readonly tf.Tensor[],
  record: (builder: GraphBuilder, values: readonly Value[]) => Value,
): tf.Tensor {
  const [output] = emit(inputs, (builder, values) => [record(builder, values)]);
  return output as tf.Tensor;
}

/** The value at an index that is known to exist. */
export function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new RangeError(`index ${index} of ${values.length}`);
  return value;
}
