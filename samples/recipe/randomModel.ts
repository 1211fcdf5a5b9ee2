import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { decoderParameters } from '../../core/model/decoderParameters.ts';
import { parseModelConfig } from '../../core/model/modelConfig.ts';
import { writeModelFolder } from '../../core/model/writeModelFolder.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { baseTokenIds, baseVocabulary, writeBaseTokenizer } from './baseTokenizer.ts';
import type { BaseDimensions } from './baseSizes.ts';

const contextLength = 256;
/** Standard deviation of initial weights, as transformers starts Qwen2. */
const initializerRange = 0.02;

/** Writes a Qwen2 model with random weights and the base tokenizer: where supervised training starts. */
export function writeRandomModel(folder: string, dimensions: BaseDimensions, seed: number): void {
  const config = {
    architectures: ['Qwen2ForCausalLM'],
    model_type: 'qwen2',
    ...dimensions,
    vocab_size: baseVocabulary.length,
    max_position_embeddings: contextLength,
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    hidden_act: 'silu',
    tie_word_embeddings: true,
    attention_dropout: 0,
    initializer_range: initializerRange,
    use_cache: true,
    use_sliding_window: false,
    bos_token_id: baseTokenIds.bos,
    eos_token_id: baseTokenIds.eos,
    pad_token_id: baseTokenIds.pad,
    torch_dtype: 'float32',
  };
  const generationConfig = {
    bos_token_id: baseTokenIds.bos,
    eos_token_id: baseTokenIds.eos,
    pad_token_id: baseTokenIds.pad,
  };
  const weights = new Map(
    decoderParameters(parseModelConfig(config)).map(({ name, shape, kind }) => {
      const size = shape.reduce((product, length) => product * length, 1);
      const random = randomStream(seed, 'initial weights', name);
      const data = kind === 'norm' ? new Float32Array(size).fill(1) : new Float32Array(size);
      if (kind === 'linear' || kind === 'embedding')
        data.set(random.normals(size).map((value) => value * initializerRange));
      return [name, { shape, data }] as const;
    }),
  );
  const tokenizerFolder = mkdtempSync(path.join(os.tmpdir(), 'rlvr-tokenizer-'));
  try {
    writeBaseTokenizer(tokenizerFolder, contextLength);
    writeModelFolder(folder, { config, generationConfig, weights, dtype: 'F32', tokenizerFrom: tokenizerFolder });
  } finally {
    rmSync(tokenizerFolder, { recursive: true, force: true });
  }
}
