import { describe, expect, it } from 'vitest';
import { decoderParameters } from '../../core/model/decoderParameters.ts';
import { parseModelConfig } from '../../core/model/modelConfig.ts';

const base = {
  vocab_size: 100,
  hidden_size: 12,
  intermediate_size: 20,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 6,
};

function shapes(change: Record<string, unknown>): Record<string, readonly number[]> {
  const parameters = decoderParameters(parseModelConfig({ ...base, ...change }));
  return Object.fromEntries(parameters.map(({ name, shape }) => [name, shape]));
}

describe('decoderParameters', () => {
  it('lists a tied qwen2', () => {
    const found = shapes({ model_type: 'qwen2', tie_word_embeddings: true });
    expect(Object.keys(found)).toHaveLength(1 + 2 * 12 + 1);
    expect(found).toMatchObject({
      'model.embed_tokens.weight': [100, 12],
      'model.layers.0.self_attn.q_proj.weight': [24, 12],
      'model.layers.0.self_attn.q_proj.bias': [24],
      'model.layers.1.self_attn.k_proj.weight': [12, 12],
      'model.layers.1.self_attn.v_proj.bias': [12],
      'model.layers.1.self_attn.o_proj.weight': [12, 24],
      'model.layers.1.mlp.gate_proj.weight': [20, 12],
      'model.layers.1.mlp.up_proj.weight': [20, 12],
      'model.layers.1.mlp.down_proj.weight': [12, 20],
      'model.layers.1.input_layernorm.weight': [12],
      'model.layers.1.post_attention_layernorm.weight': [12],
      'model.norm.weight': [12],
    });
    expect(found).not.toHaveProperty(['lm_head.weight']);
    expect(found).not.toHaveProperty(['model.layers.0.self_attn.o_proj.bias']);
  });

  it('lists the biases of llama, the head norms of qwen3 and an output projection of its own', () => {
    const llama = shapes({ model_type: 'llama', attention_bias: true, mlp_bias: true });
    expect(llama).toMatchObject({
      'model.layers.0.self_attn.o_proj.bias': [12],
      'model.layers.0.mlp.down_proj.bias': [12],
    });
    expect(llama['lm_head.weight']).toEqual([100, 12]);
    expect(shapes({ model_type: 'qwen3' })['model.layers.0.self_attn.k_norm.weight']).toEqual([6]);
  });

  it('names the module, layer and kind of each weight', () => {
    const parameters = decoderParameters(parseModelConfig({ ...base, model_type: 'qwen2' }));
    const find = (name: string) => parameters.find((parameter) => parameter.name === name);
    expect(find('model.layers.1.self_attn.q_proj.bias')).toMatchObject({
      module: 'model.layers.1.self_attn.q_proj',
      layer: 1,
      kind: 'bias',
    });
    expect(find('model.layers.1.mlp.up_proj.weight')).toMatchObject({ layer: 1, kind: 'linear' });
    expect(find('model.embed_tokens.weight')).toEqual({
      name: 'model.embed_tokens.weight',
      shape: [100, 12],
      kind: 'embedding',
      module: 'model.embed_tokens',
    });
    expect(find('lm_head.weight')).toMatchObject({ kind: 'linear', module: 'lm_head' });
    expect(find('model.norm.weight')).toMatchObject({ kind: 'norm' });
  });
});
