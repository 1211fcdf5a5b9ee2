import { linear } from '../tensor/ops/linear.ts';
import type { tf } from '../tensor/tf.ts';
import type { InputSpec } from '../tensor/trace.ts';
import type { DecoderLayers } from './decoder.ts';
import { EMBEDDING, LM_HEAD, decoderParameters } from './decoderParameters.ts';
import type { DecoderConfig } from './modelConfig.ts';

/** Prefix of the graph inputs that carry the base model's weights. */
export const weightPrefix = 'base.';

/** Graph inputs for the base model's weights. */
export function weightInputs(config: DecoderConfig): Readonly<Record<string, InputSpec>> {
  return Object.fromEntries(
    decoderParameters(config).map((parameter) => [
      weightPrefix + parameter.name,
      { shape: parameter.shape, dtype: 'float32' as const },
    ]),
  );
}

/** Names of the linear layers that have a bias. */
export function biasedModules(config: DecoderConfig): ReadonlySet<string> {
  const biases = decoderParameters(config).filter((parameter) => parameter.kind === 'bias');
  return new Set(biases.map((parameter) => parameter.module));
}

/** Looks up a tensor by its Hugging Face name. */
export type WeightLookup = (name: string) => tf.Tensor;

/** The base model's layers over a look-up of its weights. */
export function baseLayers(config: DecoderConfig, weight: WeightLookup): DecoderLayers {
  const biased = biasedModules(config);
  const output = config.tiedEmbeddings ? EMBEDDING : LM_HEAD;
  return {
    linear: (name, x) =>
      linear(
        x,
        weight(`${name}.weight`) as tf.Tensor2D,
        biased.has(name) ? (weight(`${name}.bias`) as tf.Tensor1D) : undefined,
      ),
    norm: (name) => weight(`${name}.weight`) as tf.Tensor1D,
    embedding: () => weight(EMBEDDING) as tf.Tensor2D,
    logits: (hidden) => linear(hidden, weight(output) as tf.Tensor2D),
  };
}
