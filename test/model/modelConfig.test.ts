/* eslint-disable no-restricted-syntax -- config.json speaks null */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseModelConfig, readModelConfig } from '../../core/model/modelConfig.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'model-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const qwen2 = {
  model_type: 'qwen2',
  vocab_size: 300,
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  tie_word_embeddings: true,
  eos_token_id: 7,
};
const llama = { ...qwen2, model_type: 'llama' };
const llama3 = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 64,
};

describe('parseModelConfig', () => {
  it('fills in what the family assumes', () => {
    expect(parseModelConfig(qwen2)).toMatchObject({
      architecture: 'qwen2',
      headDim: 16,
      keyValueHeads: 2,
      ropeTheta: 10000,
      ropeScaling: undefined,
      maxPositionEmbeddings: 32768,
      tiedEmbeddings: true,
      attentionBias: { query: true, key: true, value: true, output: false },
      mlpBias: false,
      queryKeyNorm: false,
      bosTokenId: undefined,
      eosTokenIds: [7],
      padTokenId: undefined,
    });
    const all = { query: true, key: true, value: true, output: true };
    const biased = { ...llama, attention_bias: true, mlp_bias: true, num_key_value_heads: null, head_dim: null };
    expect(parseModelConfig(biased)).toMatchObject({
      attentionBias: all,
      mlpBias: true,
      keyValueHeads: 4,
      headDim: 16,
    });
    expect(parseModelConfig(llama)).toMatchObject({ maxPositionEmbeddings: 2048, mlpBias: false });
    expect(parseModelConfig({ ...qwen2, model_type: 'qwen3' })).toMatchObject({ headDim: 128, queryKeyNorm: true });
  });

  it('reads both layouts of RoPE', () => {
    const scaling = {
      type: 'llama3',
      factor: 8,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalMaxPositionEmbeddings: 64,
    };
    expect(parseModelConfig({ ...llama, rope_theta: 5e5, rope_scaling: llama3 })).toMatchObject({
      ropeTheta: 5e5,
      ropeScaling: scaling,
    });
    const nested = { ...llama, rope_parameters: { ...llama3, rope_theta: 5e5 } };
    expect(parseModelConfig(nested)).toMatchObject({ ropeTheta: 5e5, ropeScaling: scaling });
    const old = { ...llama, rope_scaling: { type: 'linear', factor: 2 } };
    expect(parseModelConfig(old).ropeScaling).toEqual({ type: 'linear', factor: 2 });
    const plain = { ...llama, rope_scaling: null, rope_parameters: { rope_type: 'default', rope_theta: 3 } };
    expect(parseModelConfig(plain)).toMatchObject({ ropeTheta: 3, ropeScaling: undefined });
    const { original_max_position_embeddings: _, ...withoutOriginal } = llama3;
    const outside = { ...llama, max_position_embeddings: 32, rope_scaling: withoutOriginal };
    expect(parseModelConfig(outside).ropeScaling).toMatchObject({ originalMaxPositionEmbeddings: 32 });
  });

  it('takes end tokens from generation_config.json before config.json', () => {
    expect(parseModelConfig(qwen2, { eos_token_id: [1, 2], pad_token_id: 3, bos_token_id: null })).toMatchObject({
      eosTokenIds: [1, 2],
      padTokenId: 3,
      bosTokenId: undefined,
    });
    expect(parseModelConfig(qwen2, {}).eosTokenIds).toEqual([7]);
    expect(parseModelConfig({ ...qwen2, eos_token_id: null }).eosTokenIds).toEqual([]);
    expect(parseModelConfig({ ...qwen2, pad_token_id: -1 }).padTokenId).toBeUndefined();
  });

  it('keeps the files as they were', () => {
    const raw = JSON.parse(JSON.stringify({ ...qwen2, custom: { deep: [1] } })) as Record<string, unknown>;
    expect(parseModelConfig(raw).raw).toBe(raw);
  });

  it.each([
    [{ model_type: 'mistral' }, 'model/unsupported', 'choices: qwen2, llama, qwen3'],
    [{ model_type: undefined }, 'model/unsupported', 'choices: qwen2, llama, qwen3'],
    [{ model_type: ['qwen2'] }, 'model/unsupported', 'choices: qwen2, llama, qwen3'],
    [{ hidden_act: 'gelu' }, 'model/unsupported', 'choices: silu'],
    [{ use_sliding_window: true, sliding_window: 4 }, 'model/unsupported', 'sliding-window'],
    [{ layer_types: ['full_attention', 'sliding_attention'] }, 'model/unsupported', 'sliding-window'],
    [{ quantization_config: { bits: 4 } }, 'model/unsupported', 'quantised'],
    [{ rope_scaling: { rope_type: 'yarn', factor: 4 } }, 'model/unsupported', 'choices: default, linear, llama3'],
    [{ partial_rotary_factor: 0.5 }, 'model/unsupported', 'partial_rotary_factor'],
    [{ vocab_size: undefined }, 'model/invalid-config', 'vocab_size'],
    [{ hidden_size: 0 }, 'model/invalid-config', 'hidden_size'],
    [{ hidden_size: -64 }, 'model/invalid-config', 'hidden_size'],
    [{ hidden_size: 64.5 }, 'model/invalid-config', 'hidden_size'],
    [{ hidden_size: '64' }, 'model/invalid-config', 'hidden_size'],
    [{ hidden_size: 1e15 }, 'model/invalid-config', 'hidden_size'],
    [{ num_hidden_layers: 1e9 }, 'model/invalid-config', 'num_hidden_layers'],
    [{ num_attention_heads: 5, num_key_value_heads: 5 }, 'model/invalid-config', 'does not divide hidden_size 64'],
    [{ num_key_value_heads: 3 }, 'model/invalid-config', 'does not divide num_attention_heads 4'],
    [{ head_dim: 15 }, 'model/invalid-config', 'even number'],
    [{ rms_norm_eps: -1 }, 'model/invalid-config', 'rms_norm_eps'],
    [{ rope_theta: 0 }, 'model/invalid-config', 'rope_theta'],
    [{ rope_theta: '1e4' }, 'model/invalid-config', 'rope_theta'],
    [{ rope_scaling: { rope_type: 'linear', factor: 0 } }, 'model/invalid-config', 'factor'],
    [{ rope_scaling: { ...llama3, low_freq_factor: 4 } }, 'model/invalid-config', 'high_freq_factor above'],
    [{ rope_scaling: { rope_type: 'llama3', factor: 8 } }, 'model/invalid-config', 'low_freq_factor'],
    [{ eos_token_id: 300 }, 'model/invalid-config', 'outside the vocabulary'],
    [{ eos_token_id: [1, 'x'] }, 'model/invalid-config', 'eos_token_id'],
  ])('refuses %j', (change, code, problem) => {
    expect(() => parseModelConfig({ ...qwen2, ...change })).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(problem) as string }),
    );
  });
});

describe('readModelConfig', () => {
  it.each([
    ['nothing', undefined, 'model/missing', 'does not exist'],
    ['no JSON', 'nonsense', 'model/invalid-config', 'config.json is not valid'],
    ['a list', '[]', 'model/invalid-config', 'expected a JSON object'],
    ['null', 'null', 'model/invalid-config', 'expected a JSON object'],
    ['invalid UTF-8', Uint8Array.of(0xff), 'model/invalid-config', 'cannot be read'],
    ['a great depth', `{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`, 'model/invalid-config', 'more than 100 levels'],
    ['a great length', ' '.repeat(2 ** 20 + 1), 'model/invalid-config', 'expected at most 1048576'],
  ])('refuses a config.json of %s', (name, content, code, problem) => {
    const model = path.join(folder, name);
    mkdirSync(model);
    if (content !== undefined) writeFileSync(path.join(model, 'config.json'), content);
    expect(() => readModelConfig(model)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(problem) as string }),
    );
  });

  it('refuses a config.json that is a folder, and a generation_config.json that is no JSON', () => {
    const model = path.join(folder, 'nested');
    mkdirSync(path.join(model, 'config.json'), { recursive: true });
    expect(() => readModelConfig(model)).toThrow(/it is not a file/);
    rmSync(path.join(model, 'config.json'), { recursive: true });
    writeFileSync(path.join(model, 'config.json'), JSON.stringify(qwen2));
    expect(readModelConfig(model).rawGeneration).toBeUndefined();
    writeFileSync(path.join(model, 'generation_config.json'), '{');
    expect(() => readModelConfig(model)).toThrow(expect.objectContaining({ code: 'model/invalid-config' }));
  });
});
