import { baseLayers, weightInputs, weightPrefix } from '../model/baseLayers.ts';
import { runDecoder } from '../model/decoder.ts';
import type { DecoderConfig } from '../model/modelConfig.ts';
import { packedInputs } from '../model/packedInputs.ts';
import { compile, type CompiledGraph } from '../tensor/compile.ts';
import { tf } from '../tensor/tf.ts';

/**
 * A graph that reads prompts: `logits` [prompts, vocabulary] of the token after each, and the cache as `keys.N` and `values.N`
 * [prompts, keyValueHeads, promptWidth, headDim]. `lasts` [prompts] are the places of the prompts' last tokens.
 */
export function compilePrefill(config: DecoderConfig): Promise<CompiledGraph> {
  const half = config.headDim / 2;
  const inputs = {
    ...weightInputs(config),
    ...packedInputs(config, false),
    cos: { shape: ['positions', half], dtype: 'float32' },
    sin: { shape: ['positions', half], dtype: 'float32' },
    lasts: { shape: ['prompts'], dtype: 'int32' },
  } as const;
  return compile(inputs, (tensors) => {
    const layers = baseLayers(config, (name) => tensors[weightPrefix + name] as tf.Tensor);
    const table = { cos: tensors['cos'] as tf.Tensor2D, sin: tensors['sin'] as tf.Tensor2D };
    const { hidden, promptKeys, promptValues } = runDecoder(config, layers, tensors, table);
    const logits = layers.logits(tf.gather(hidden, tensors['lasts'] as tf.Tensor1D));
    return {
      logits,
      ...Object.fromEntries(promptKeys.map((keys, block) => [`keys.${block}`, keys])),
      ...Object.fromEntries(promptValues.map((values, block) => [`values.${block}`, values])),
    };
  });
}
