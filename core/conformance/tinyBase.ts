import type { Checkpoint } from '../model/checkpoint.ts';
import { decoderParameters } from '../model/decoderParameters.ts';
import { parseModelConfig } from '../model/modelConfig.ts';
import { randomStream } from '../tensor/random.ts';

/** How a base of the suite differs from the usual one. */
export interface TinyBaseOptions {
  /** Whether queries, keys and values have biases (Qwen2), or nothing has (Llama). */
  readonly hasBiases?: boolean;
  /** Whether all linear weights are zero. */
  readonly isZero?: boolean;
}

const sizes = {
  vocab_size: 10,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  tie_word_embeddings: true,
  torch_dtype: 'float32',
  eos_token_id: 9,
};

/** The linear layers of a block by their shapes: 8 x 8, 12 x 8 and 8 x 12. */
export const shapedModules = { square: 'q_proj', tall: 'up_proj', wide: 'down_proj' } as const;

/** A model of two blocks, whose linear layers are square, tall and wide, with random weights of size 1, the same in every process. */
export function tinyBase({ hasBiases = true, isZero = false }: TinyBaseOptions = {}): Checkpoint {
  const type = hasBiases ? ['qwen2', 'Qwen2ForCausalLM'] : ['llama', 'LlamaForCausalLM'];
  const config = parseModelConfig({ ...sizes, model_type: type[0], architectures: [type[1]] });
  const weights = decoderParameters(config).map(({ name, shape, kind }) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const data = isZero && kind === 'linear' ? new Float32Array(count) : randomStream(1, 'base', name).normals(count);
    return [name, { shape, data }] as const;
  });
  return { config, weights: new Map(weights), dtype: 'F32', hash: () => Promise.resolve('') };
}

/** A copy of the weights' values by name, to see later that nobody has written to them. */
export function copyOfWeights({ weights }: Checkpoint): ReadonlyMap<string, Float32Array> {
  return new Map([...weights].map(([name, { data }]) => [name, data.slice()]));
}
