import { matMulNode } from '../tensor/kernels/matmul.ts';
import { at, emitOne } from '../tensor/ops/emit.ts';
import { linear } from '../tensor/ops/linear.ts';
import { rmsNorm } from '../tensor/ops/rmsNorm.ts';
import { rotary, type RotaryTable } from '../tensor/ops/rotary.ts';
import { swiGlu } from '../tensor/ops/swiGlu.ts';
import { tf } from '../tensor/tf.ts';
import type { WeightLookup } from './baseLayers.ts';
import type { DecoderConfig } from './modelConfig.ts';

/** Weights of one block as decoding wants them: projections of the same input side by side, so that each is one product. */
export interface DecodeBlock {
  readonly inputNorm: tf.Tensor1D;
  /** Queries, keys, values. [(heads + 2 keyValueHeads) headDim, hidden] */
  readonly qkv: tf.Tensor2D;
  readonly qkvBias?: tf.Tensor1D;
  readonly queryNorm?: tf.Tensor1D;
  readonly keyNorm?: tf.Tensor1D;
  readonly output: tf.Tensor2D;
  readonly outputBias?: tf.Tensor1D;
  readonly postNorm: tf.Tensor1D;
  readonly gate: tf.Tensor2D;
  readonly up: tf.Tensor2D;
  readonly gateBias?: tf.Tensor1D;
  readonly upBias?: tf.Tensor1D;
  readonly down: tf.Tensor2D;
  readonly downBias?: tf.Tensor1D;
}

/** A block's keys and values so far: `past` is fixed while a chunk is decoded, `recent` grows by a token a step. */
export interface BlockCache {
  /** [rows, keyValueHeads, past, headDim] */
  readonly pastKeys: tf.Tensor4D;
  readonly pastValues: tf.Tensor4D;
  /** [rows, keyValueHeads, recent, headDim] */
  readonly recentKeys: tf.Tensor4D;
  readonly recentValues: tf.Tensor4D;
}

/** Gathers a block's weights; `biased` tells which linear layers have a bias. */
export function decodeBlock(
  config: DecoderConfig,
  block: number,
  weight: WeightLookup,
  biased: (name: string) => boolean,
): DecodeBlock {
  const name = `model.layers.${block}`;
  const matrix = (module: string): tf.Tensor2D => weight(`${name}.${module}.weight`) as tf.Tensor2D;
  const bias = (module: string): tf.Tensor1D | undefined =>
    biased(`${name}.${module}`) ? (weight(`${name}.${module}.bias`) as tf.Tensor1D) : undefined;
  const projections = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'];
  const biases = projections.map(bias).filter((value) => value !== undefined);
  const optional = {
    qkvBias: biases.length === projections.length ? tf.concat(biases) : undefined,
    queryNorm: config.queryKeyNorm ? (weight(`${name}.self_attn.q_norm.weight`) as tf.Tensor1D) : undefined,
    keyNorm: config.queryKeyNorm ? (weight(`${name}.self_attn.k_norm.weight`) as tf.Tensor1D) : undefined,
    outputBias: bias('self_attn.o_proj'),
    gateBias: bias('mlp.gate_proj'),
    upBias: bias('mlp.up_proj'),
    downBias: bias('mlp.down_proj'),
  };
  return {
    inputNorm: weight(`${name}.input_layernorm.weight`) as tf.Tensor1D,
    qkv: tf.concat(projections.map(matrix), 0),
    output: matrix('self_attn.o_proj'),
    postNorm: weight(`${name}.post_attention_layernorm.weight`) as tf.Tensor1D,
    gate: matrix('mlp.gate_proj'),
    up: matrix('mlp.up_proj'),
    down: matrix('mlp.down_proj'),
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined),
    ) as Partial<DecodeBlock>),
  };
}

/**
 * One block on one token per row. x [rows, hidden]; positions [rows]; pastBias [rows, 1, 1, past] hides padding.
 * Returns the block's output and the cache with this token's key and value appended to the recent ones.
 */
export function decodeBlockStep(
  config: DecoderConfig,
  block: DecodeBlock,
  x: tf.Tensor2D,
  positions: tf.Tensor1D,
  cache: BlockCache,
  pastBias: tf.Tensor4D,
  table: RotaryTable,
): { readonly x: tf.Tensor2D; readonly recentKeys: tf.Tensor4D; readonly recentValues: tf.Tensor4D } {
  const { heads, keyValueHeads, headDim, rmsNormEpsilon } = config;
  const rows = x.shape[0];
  const normed = rmsNorm(x, block.inputNorm, rmsNormEpsilon);
  const projected = linear(normed, block.qkv, block.qkvBias);
  const turnedWidth = (heads + keyValueHeads) * headDim;
  const values = tf.slice(projected, [0, turnedWidth], [rows, keyValueHeads * headDim]);
  const unturned = tf.slice(projected, [0, 0], [rows, turnedWidth]);
  const turned = rotary(normHeads(config, block, unturned), positions, table);
  const q = tf.slice(turned, [0, 0], [rows, heads * headDim]);
  const k = tf.slice(turned, [0, heads * headDim], [rows, keyValueHeads * headDim]);
  const appended = (recent: tf.Tensor4D, own: tf.Tensor): tf.Tensor4D =>
    tf.concat<tf.Tensor4D>([recent, tf.reshape(own, [rows, keyValueHeads, 1, headDim])], 2);
  const recentKeys = appended(cache.recentKeys, k);
  const recentValues = appended(cache.recentValues, values);
  const attended = attendToCache(
    config,
    tf.reshape(q, [rows, keyValueHeads, heads / keyValueHeads, headDim]),
    { ...cache, recentKeys, recentValues },
    pastBias,
  );
  const afterAttention: tf.Tensor2D = tf.add(
    x,
    linear(tf.reshape(attended, [rows, heads * headDim]), block.output, block.outputBias),
  );
  const normedAgain = rmsNorm(afterAttention, block.postNorm, rmsNormEpsilon);
  const gated = swiGlu(linear(normedAgain, block.gate, block.gateBias), linear(normedAgain, block.up, block.upBias));
  return { x: tf.add(afterAttention, linear(gated, block.down, block.downBias)), recentKeys, recentValues };
}

/** Qwen3's norms of queries and keys, head by head; the identity elsewhere. */
function normHeads(config: DecoderConfig, block: DecodeBlock, x: tf.Tensor2D): tf.Tensor2D {
  if (block.queryNorm === undefined || block.keyNorm === undefined) return x;
  const { heads, keyValueHeads, headDim, rmsNormEpsilon } = config;
  const rows = x.shape[0];
  const part = (from: number, count: number, norm: tf.Tensor1D): tf.Tensor2D => {
    const vectors = tf.reshape(tf.slice(x, [0, from * headDim], [rows, count * headDim]), [rows, count, headDim]);
    return tf.reshape(rmsNorm(vectors, norm, rmsNormEpsilon), [rows, count * headDim]);
  };
  return tf.concat([part(0, heads, block.queryNorm), part(heads, keyValueHeads, block.keyNorm)], 1);
}

/** Attention of one query per head over past and recent keys. q [rows, keyValueHeads, queriesPerKey, headDim]; same shape out. */
function attendToCache(config: DecoderConfig, q: tf.Tensor4D, cache: BlockCache, pastBias: tf.Tensor4D): tf.Tensor4D {
  const scale = 1 / Math.sqrt(config.headDim);
  const pastScores = tf.add(scores(q, cache.pastKeys, scale), pastBias);
  const recentScores = scores(q, cache.recentKeys, scale);
  const weights = tf.softmax(tf.concat([pastScores, recentScores], 3));
  const [rows, keyHeads, perKey] = q.shape;
  const past = at(cache.pastKeys.shape, 2);
  const recent = at(cache.recentKeys.shape, 2);
  const toPast = tf.slice(weights, [0, 0, 0, 0], [rows, keyHeads, perKey, past]);
  const toRecent = tf.slice(weights, [0, 0, 0, past], [rows, keyHeads, perKey, recent]);
  return tf.add(tf.matMul(toPast, cache.pastValues), tf.matMul(toRecent, cache.recentValues));
}

function scores(q: tf.Tensor4D, keys: tf.Tensor4D, scale: number): tf.Tensor4D {
  return emitOne([q, keys], (builder, values) =>
    matMulNode(builder, at(values, 0), at(values, 1), { transposeB: true, alpha: scale }),
  ) as tf.Tensor4D;
}
