import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import type { Weight } from '../../core/model/checkpoint.ts';
import { decoderParameters } from '../../core/model/decoderParameters.ts';
import { parseModelConfig } from '../../core/model/modelConfig.ts';
import type { JsonObject } from '../../core/model/readJsonObject.ts';

/** A config.json of a decoder small enough to write out in a test. */
export const tinyConfig = {
  architectures: ['Qwen2ForCausalLM'],
  model_type: 'qwen2',
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

/** The weights that a config calls for, with values that differ from one another and that 16 bits hold exactly. */
export function weightsFor(config: JsonObject): Map<string, Weight> {
  const parameters = decoderParameters(parseModelConfig(config));
  return new Map(
    parameters.map(({ name, shape }, index) => {
      const length = shape.reduce((a, b) => a * b, 1);
      return [name, { shape, data: Float32Array.from({ length }, (_, i) => ((i * 7 + index) % 31) / 16 - 1) }];
    }),
  );
}

/** A folder that is removed after the tests of this file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'model-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
