import type { Adapter, LayerTensors } from '../contracts/adapter.ts';
import type { TargetLayer } from '../contracts/parameter.ts';
import { compile, type TensorData } from '../tensor/compile.ts';
import type { tf } from '../tensor/tf.ts';
import type { InputSpec } from '../tensor/trace.ts';

/** One layer's tensors as plain arrays, for a graph of the layer alone. */
export interface LayerInputs {
  readonly layer: TargetLayer;
  readonly options: unknown;
  /** The frozen weight: the base's, or what replaced it. */
  readonly weight: Float32Array;
  readonly bias: Float32Array | undefined;
  /** Parameters by the names that the adapter calls them by. */
  readonly parameters: ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;
}

/** A layer's weight, row-major, and its bias. */
export interface MergedValues {
  readonly weight: Float32Array;
  readonly bias?: Float32Array;
}

/** The layer with the adapter folded in: the adapter's own `merged` in a graph of this layer alone. */
export async function mergedLayer(adapter: Adapter, inputs: LayerInputs): Promise<MergedValues> {
  const { layer, options, weight, bias, parameters } = inputs;
  const specs: Record<string, InputSpec> = { weight: { shape: layer.shape, dtype: 'float32' } };
  const feeds: Record<string, TensorData> = { weight };
  if (bias !== undefined) {
    specs['bias'] = { shape: [bias.length], dtype: 'float32' };
    feeds['bias'] = bias;
  }
  for (const [name, { shape, values }] of parameters) {
    specs[`parameter.${name}`] = { shape, dtype: 'float32' };
    feeds[`parameter.${name}`] = values;
  }
  const graph = await compile(specs, (tensors) => {
    const own: LayerTensors<unknown> = {
      layer,
      options,
      weight: tensors['weight'] as tf.Tensor,
      ...(bias === undefined ? {} : { bias: tensors['bias'] as tf.Tensor1D }),
      parameter: (name) => tensors[`parameter.${name}`] as tf.Tensor,
      dropout: (x) => x,
    };
    const merged = adapter.merged(own);
    return { weight: merged.weight, ...(merged.bias === undefined ? {} : { bias: merged.bias }) };
  });
  try {
    const { weight: merged, bias: mergedBias } = await graph.run(feeds);
    return {
      weight: merged?.data instanceof Float32Array ? merged.data : new Float32Array(),
      ...(mergedBias?.data instanceof Float32Array ? { bias: mergedBias.data } : {}),
    };
  } finally {
    await graph.release();
  }
}
