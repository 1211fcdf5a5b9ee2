import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { RlvrError } from '../errors.ts';
import type { JsonObject } from './readJsonObject.ts';
import { readJsonObject } from './readJsonObject.ts';
import type { RopeScaling } from './ropeConfig.ts';
import { parseRope, ropeFields } from './ropeConfig.ts';

/** Model families whose decoder is implemented, by the `model_type` of their config.json. */
export const architectures = ['qwen2', 'llama', 'qwen3'] as const;

/** A family of decoders. */
export type Architecture = (typeof architectures)[number];

/** What a Hugging Face folder says about a decoder, checked and with its family's defaults filled in. Sizes are counts of values. */
export interface DecoderConfig {
  readonly architecture: Architecture;
  /** Rows of the embedding. May exceed the tokenizer's vocabulary. */
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  /** Width of the feed-forward layer. */
  readonly intermediateSize: number;
  readonly layers: number;
  /** Query heads. */
  readonly heads: number;
  /** Key and value heads; divides `heads`. */
  readonly keyValueHeads: number;
  /** Width of one head, even. `heads * headDim` need not be `hiddenSize`. */
  readonly headDim: number;
  readonly rmsNormEpsilon: number;
  readonly ropeTheta: number;
  readonly ropeScaling: RopeScaling | undefined;
  readonly maxPositionEmbeddings: number;
  /** Whether the output projection is the embedding's transpose. */
  readonly tiedEmbeddings: boolean;
  /** Which attention projections have a bias. */
  readonly attentionBias: {
    readonly query: boolean;
    readonly key: boolean;
    readonly value: boolean;
    readonly output: boolean;
  };
  /** Whether gate, up and down projections have a bias. */
  readonly mlpBias: boolean;
  /** Whether queries and keys are normalised per head before RoPE. */
  readonly queryKeyNorm: boolean;
  readonly bosTokenId: number | undefined;
  /** Tokens that end a completion: those of generation_config.json, else of config.json. May be empty. */
  readonly eosTokenIds: readonly number[];
  readonly padTokenId: number | undefined;
  /** config.json as it was, for writing it back. */
  readonly raw: JsonObject;
  /** generation_config.json as it was, if there is one. */
  readonly rawGeneration: JsonObject | undefined;
}

const MAX_CONFIG_BYTES = 2 ** 20;

// Bounds are several times the largest published models, and keep every product of two sizes a safe integer.
const size = (largest: number): z.ZodNumber => z.int().min(1).max(largest);
const tokenId = z.int().nullish();
const tokenIds = z.union([z.int(), z.array(z.int()).max(1000)]).nullish();

const configSchema = z.object({
  vocab_size: size(2 ** 24),
  hidden_size: size(2 ** 17),
  intermediate_size: size(2 ** 20),
  num_hidden_layers: size(2 ** 12),
  num_attention_heads: size(2 ** 12),
  num_key_value_heads: size(2 ** 12).nullish(),
  head_dim: size(2 ** 12).nullish(),
  hidden_act: z.string().default('silu'),
  rms_norm_eps: z.number().min(0).max(1).default(1e-6),
  max_position_embeddings: size(2 ** 30).optional(),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  use_sliding_window: z.boolean().nullish(),
  layer_types: z.array(z.string()).nullish(),
  quantization_config: z.unknown().optional(),
  bos_token_id: tokenId,
  eos_token_id: tokenIds,
  pad_token_id: tokenId,
  ...ropeFields,
});

type ParsedConfig = z.infer<typeof configSchema>;

const generationSchema = z.object({ bos_token_id: tokenId, eos_token_id: tokenIds, pad_token_id: tokenId });

/** What a family's configuration class assumes where config.json is silent. */
const defaults: Readonly<Record<Architecture, { maxPositionEmbeddings: number; headDim?: number }>> = {
  qwen2: { maxPositionEmbeddings: 32768 },
  llama: { maxPositionEmbeddings: 2048 },
  qwen3: { maxPositionEmbeddings: 32768, headDim: 128 },
};

/**
 * Reads config.json, in the layout of transformers 4 or 5, and generation_config.json of a model folder.
 *
 * @throws RlvrError `model/missing` without config.json, `model/invalid-config` for one that contradicts itself,
 *   `model/unsupported` for a model that this decoder would compute wrongly
 */
export function readModelConfig(folder: string): DecoderConfig {
  const file = path.join(folder, 'config.json');
  if (!existsSync(file)) {
    throw new RlvrError('model/missing', `${file} does not exist; expected a Hugging Face model folder`, {
      path: folder,
    });
  }
  return readModelConfigFile(file);
}

/** The same by the path of config.json, whatever its name is. generation_config.json is looked for beside it. */
export function readModelConfigFile(file: string): DecoderConfig {
  const raw = readJsonObject(file, 'model/invalid-config', MAX_CONFIG_BYTES);
  const generationFile = path.join(path.dirname(file), 'generation_config.json');
  if (!existsSync(generationFile)) return parseModelConfig(raw, undefined, file);
  return parseModelConfig(raw, readJsonObject(generationFile, 'model/invalid-config', MAX_CONFIG_BYTES), file);
}

/** The same for parsed files. `file` names config.json in messages. */
export function parseModelConfig(raw: JsonObject, rawGeneration?: JsonObject, file = 'config.json'): DecoderConfig {
  const architecture = parseArchitecture(raw['model_type'], file);
  const config = parse(configSchema, raw, file);
  const generation = parse(generationSchema, rawGeneration ?? {}, `generation_config.json beside ${file}`);
  refuseUnsupported(config, architecture, file);
  const heads = config.num_attention_heads;
  const decoder: DecoderConfig = {
    architecture,
    vocabularySize: config.vocab_size,
    hiddenSize: config.hidden_size,
    intermediateSize: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads,
    keyValueHeads: config.num_key_value_heads ?? heads,
    headDim: config.head_dim ?? defaults[architecture].headDim ?? config.hidden_size / heads,
    rmsNormEpsilon: config.rms_norm_eps,
    ...parseRope(config, file),
    maxPositionEmbeddings: config.max_position_embeddings ?? defaults[architecture].maxPositionEmbeddings,
    tiedEmbeddings: config.tie_word_embeddings,
    attentionBias: attentionBias(architecture, config.attention_bias),
    mlpBias: architecture === 'llama' && config.mlp_bias,
    queryKeyNorm: architecture === 'qwen3',
    bosTokenId: asTokenId(generation.bos_token_id ?? config.bos_token_id),
    eosTokenIds: [generation.eos_token_id ?? config.eos_token_id ?? []].flat().filter((id) => id >= 0),
    padTokenId: asTokenId(generation.pad_token_id ?? config.pad_token_id),
    raw,
    rawGeneration,
  };
  checkConsistency(decoder, file);
  return decoder;
}

function parseArchitecture(modelType: unknown, file: string): Architecture {
  const architecture = architectures.find((name) => name === modelType);
  if (architecture !== undefined) return architecture;
  const problem = `${file}: model_type ${JSON.stringify(modelType)} is not supported; choices: ${architectures.join(', ')}`;
  throw new RlvrError('model/unsupported', problem, { path: file, modelType, choices: architectures });
}

function parse<Schema extends z.ZodType>(schema: Schema, value: JsonObject, file: string): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw invalid(file, problems.join('; '));
}

function refuseUnsupported(config: ParsedConfig, architecture: Architecture, file: string): void {
  const fail = (problem: string): never => {
    throw new RlvrError('model/unsupported', `${file}: ${problem}`, { path: file });
  };
  if (config.hidden_act !== 'silu')
    fail(`hidden_act ${JSON.stringify(config.hidden_act)} is not supported; choices: silu`);
  if (config.quantization_config)
    fail('quantised weights are not supported; expected a model in float32, float16 or bfloat16');
  // Llama has no sliding window, whatever else its config carries.
  if (architecture === 'llama') return;
  const sliding = config.layer_types?.some((type) => type !== 'full_attention') ?? false;
  if (config.use_sliding_window === true || sliding) {
    fail('sliding-window attention is not supported; expected use_sliding_window false and only full_attention layers');
  }
}

function attentionBias(architecture: Architecture, flag: boolean): DecoderConfig['attentionBias'] {
  if (architecture === 'qwen2') return { query: true, key: true, value: true, output: false };
  return { query: flag, key: flag, value: flag, output: flag };
}

function asTokenId(id: number | null | undefined): number | undefined {
  // Early Llama configs write -1 for a token that does not exist.
  return typeof id === 'number' && id >= 0 ? id : undefined;
}

function checkConsistency(config: DecoderConfig, file: string): void {
  const { heads, keyValueHeads, headDim, hiddenSize, vocabularySize } = config;
  if (!Number.isInteger(headDim)) {
    throw invalid(
      file,
      `num_attention_heads ${heads} does not divide hidden_size ${hiddenSize}, and there is no head_dim`,
    );
  }
  if (headDim % 2 !== 0)
    throw invalid(file, `the width of a head is ${headDim}; expected an even number, for RoPE rotates pairs`);
  if (heads % keyValueHeads !== 0) {
    throw invalid(file, `num_key_value_heads ${keyValueHeads} does not divide num_attention_heads ${heads}`);
  }
  const beyond = [config.bosTokenId, config.padTokenId, ...config.eosTokenIds].find(
    (id) => id !== undefined && id >= vocabularySize,
  );
  if (beyond !== undefined)
    throw invalid(file, `token ${beyond} is outside the vocabulary; expected less than vocab_size ${vocabularySize}`);
}

function invalid(file: string, problem: string): RlvrError {
  return new RlvrError('model/invalid-config', `${file}: ${problem}`, { path: file });
}
