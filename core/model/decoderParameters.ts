import type { DecoderConfig } from './modelConfig.ts';

/** What a weight is: a matrix that multiplies (stored [out, in]), a bias, a norm's scale, or a table of rows. */
export type ParameterKind = 'linear' | 'bias' | 'norm' | 'embedding';

/** One weight that a configuration calls for. */
export interface DecoderParameter {
  /** Its name in Hugging Face's files. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: ParameterKind;
  /** Path of the module that owns it: the name without `.weight` or `.bias`. */
  readonly module: string;
  /** Index of its decoder layer, if it is in one. */
  readonly layer?: number;
}

/** Name of the token embedding, which is also the output projection where embeddings are tied. */
export const EMBEDDING = 'model.embed_tokens.weight';

/** Name of the output projection where embeddings are not tied. */
export const LM_HEAD = 'lm_head.weight';

/** Every weight of the decoder, in the order of transformers' `named_parameters()`. */
export function decoderParameters(config: DecoderConfig): readonly DecoderParameter[] {
  const { vocabularySize, hiddenSize, layers, tiedEmbeddings } = config;
  const head: DecoderParameter = {
    name: LM_HEAD,
    shape: [vocabularySize, hiddenSize],
    kind: 'linear',
    module: 'lm_head',
  };
  return [
    { name: EMBEDDING, shape: [vocabularySize, hiddenSize], kind: 'embedding', module: 'model.embed_tokens' },
    ...Array.from({ length: layers }, (_, layer) => layerParameters(config, layer)).flat(),
    { name: 'model.norm.weight', shape: [hiddenSize], kind: 'norm', module: 'model.norm' },
    ...(tiedEmbeddings ? [] : [head]),
  ];
}

function layerParameters(config: DecoderConfig, layer: number): DecoderParameter[] {
  const { hiddenSize, intermediateSize, heads, keyValueHeads, headDim, attentionBias: bias, mlpBias } = config;
  const prefix = `model.layers.${layer}`;

  const linear = (path: string, output: number, input: number, hasBias: boolean): DecoderParameter[] => {
    const module = `${prefix}.${path}`;
    const weight: DecoderParameter = {
      name: `${module}.weight`,
      shape: [output, input],
      kind: 'linear',
      module,
      layer,
    };
    return hasBias ? [weight, { name: `${module}.bias`, shape: [output], kind: 'bias', module, layer }] : [weight];
  };
  const norm = (path: string, width: number): DecoderParameter => {
    const module = `${prefix}.${path}`;
    return { name: `${module}.weight`, shape: [width], kind: 'norm', module, layer };
  };

  return [
    ...linear('self_attn.q_proj', heads * headDim, hiddenSize, bias.query),
    ...linear('self_attn.k_proj', keyValueHeads * headDim, hiddenSize, bias.key),
    ...linear('self_attn.v_proj', keyValueHeads * headDim, hiddenSize, bias.value),
    ...linear('self_attn.o_proj', hiddenSize, heads * headDim, bias.output),
    ...(config.queryKeyNorm ? [norm('self_attn.q_norm', headDim), norm('self_attn.k_norm', headDim)] : []),
    ...linear('mlp.gate_proj', intermediateSize, hiddenSize, mlpBias),
    ...linear('mlp.up_proj', intermediateSize, hiddenSize, mlpBias),
    ...linear('mlp.down_proj', hiddenSize, intermediateSize, mlpBias),
    norm('input_layernorm', hiddenSize),
    norm('post_attention_layernorm', hiddenSize),
  ];
}
