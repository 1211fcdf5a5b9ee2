import { attention } from '../tensor/ops/attention.ts';
import { rmsNorm } from '../tensor/ops/rmsNorm.ts';
import { rotary, type RotaryTable } from '../tensor/ops/rotary.ts';
import { permuteRows, repeatRows } from '../tensor/ops/rows.ts';
import { joinRows, splitRows } from '../tensor/ops/segments.ts';
import { swiGlu } from '../tensor/ops/swiGlu.ts';
import { tf } from '../tensor/tf.ts';
import type { DecoderConfig } from './modelConfig.ts';

/** Where the decoder gets its layers from: the base model, or the base with an adapter. Names are Hugging Face's, without `.weight`. */
export interface DecoderLayers {
  /** x [tokens, in] -> [tokens, out], bias included. */
  linear(name: string, x: tf.Tensor2D): tf.Tensor2D;
  /** Weight of a norm, [features]. */
  norm(name: string): tf.Tensor1D;
  /** Token embeddings [vocabulary, hidden]. */
  embedding(): tf.Tensor2D;
  /** Hidden states [tokens, hidden] -> logits [tokens, vocabulary]. */
  logits(hidden: tf.Tensor2D): tf.Tensor2D;
}

/** Tensors of a packed batch by the names of packedInputs. */
export type PackedTensors = Readonly<Record<string, tf.Tensor>>;

/** What the decoder computes from a packed batch. */
export interface DecoderOutput {
  /** After the last norm, [tokens, hidden]; prompts first. */
  readonly hidden: tf.Tensor2D;
  /** Per block, keys after rotation and values of the prompts, [prompts, keyValueHeads, promptWidth, headDim]. */
  readonly promptKeys: readonly tf.Tensor4D[];
  readonly promptValues: readonly tf.Tensor4D[];
}

/** Which keys each query may see, as 0 or a large negative number. */
interface AttentionBiases {
  readonly prompt: tf.Tensor;
  readonly completion?: tf.Tensor;
}

/** Added to a score to hide it; large enough that its softmax is exactly 0, small enough to stay finite. */
const hidden = -1e9;

/** A named index array of a packed batch. */
export function packed(tensors: PackedTensors, name: string): tf.Tensor1D {
  const tensor = tensors[name];
  if (tensor === undefined) throw new TypeError(`the packed batch has no "${name}"`);
  return tensor as tf.Tensor1D;
}

/** Which prompt each completion continues, as a matrix of zeros and ones. */
export function membershipOf(tensors: PackedTensors): tf.Tensor2D {
  const tensor: tf.Tensor = packed(tensors, 'membership');
  return tensor as tf.Tensor2D;
}

/** Runs the decoder's blocks over a packed batch (Qwen2, Qwen3 and Llama differ only in biases, head norms and rotary table). */
export function runDecoder(
  config: DecoderConfig,
  layers: DecoderLayers,
  batch: PackedTensors,
  table: RotaryTable,
): DecoderOutput {
  const biases = attentionBiases(batch);
  const promptKeys: tf.Tensor4D[] = [];
  const promptValues: tf.Tensor4D[] = [];
  let x = tf.gather(layers.embedding(), packed(batch, 'ids'));
  for (let block = 0; block < config.layers; block++) {
    const name = `model.layers.${block}`;
    const normed = rmsNorm(x, layers.norm(`${name}.input_layernorm`), config.rmsNormEpsilon);
    const heads = projectHeads(config, layers, `${name}.self_attn`, normed, packed(batch, 'positions'), table);
    const attended = attend(config, heads, batch, biases);
    promptKeys.push(attended.promptKeys);
    promptValues.push(attended.promptValues);
    x = tf.add(x, layers.linear(`${name}.self_attn.o_proj`, attended.output));
    const normedAgain = rmsNorm(x, layers.norm(`${name}.post_attention_layernorm`), config.rmsNormEpsilon);
    const gated = swiGlu(
      layers.linear(`${name}.mlp.gate_proj`, normedAgain),
      layers.linear(`${name}.mlp.up_proj`, normedAgain),
    );
    x = tf.add(x, layers.linear(`${name}.mlp.down_proj`, gated));
  }
  return { hidden: rmsNorm(x, layers.norm('model.norm'), config.rmsNormEpsilon), promptKeys, promptValues };
}

/** Queries, keys and values, [tokens, heads * headDim] each, rotated where they have to be. */
export interface ProjectedHeads {
  readonly queries: tf.Tensor2D;
  readonly keys: tf.Tensor2D;
  readonly values: tf.Tensor2D;
}

/** The attention block's projections, head norms (Qwen3) and rotation. */
function projectHeads(
  config: DecoderConfig,
  layers: DecoderLayers,
  name: string,
  x: tf.Tensor2D,
  positions: tf.Tensor1D,
  table: RotaryTable,
): ProjectedHeads {
  const turned = (module: string, heads: number, norm: string): tf.Tensor2D => {
    const projected = layers.linear(`${name}.${module}`, x);
    if (!config.queryKeyNorm) return rotary(projected, positions, table);
    const perHead = tf.reshape(projected, [x.shape[0], heads, config.headDim]);
    const normed = rmsNorm(perHead, layers.norm(`${name}.${norm}`), config.rmsNormEpsilon);
    return rotary(tf.reshape(normed, [x.shape[0], heads * config.headDim]), positions, table);
  };
  return {
    queries: turned('q_proj', config.heads, 'q_norm'),
    keys: turned('k_proj', config.keyValueHeads, 'k_norm'),
    values: layers.linear(`${name}.v_proj`, x),
  };
}

function attend(
  config: DecoderConfig,
  heads: ProjectedHeads,
  batch: PackedTensors,
  biases: AttentionBiases,
): { output: tf.Tensor2D; promptKeys: tf.Tensor4D; promptValues: tf.Tensor4D } {
  const scale = 1 / Math.sqrt(config.headDim);
  const width = config.heads * config.headDim;
  const promptTokens = packed(batch, 'prompt.outputs').shape[0];
  if (biases.completion === undefined) {
    const [q, k, v] = partHeads(config, batch, 'prompt', heads);
    const output = backToTokens(attention(q, k, v, biases.prompt, scale), batch, 'prompt', width);
    return { output, promptKeys: k, promptValues: v };
  }
  const completionTokens = packed(batch, 'completion.outputs').shape[0];
  const [queries, keys, values] = [heads.queries, heads.keys, heads.values].map((x) =>
    splitRows(x, promptTokens, completionTokens),
  );
  const part = (index: 0 | 1): ProjectedHeads =>
    ({ queries: queries?.[index], keys: keys?.[index], values: values?.[index] }) as ProjectedHeads;
  const [promptQ, promptK, promptV] = partHeads(config, batch, 'prompt', part(0));
  const [ownQ, ownK, ownV] = partHeads(config, batch, 'completion', part(1));
  const shared = (x: tf.Tensor4D): tf.Tensor4D =>
    repeatRows(x, packed(batch, 'completion.prompt'), membershipOf(batch)) as tf.Tensor4D;
  const promptOut = attention(promptQ, promptK, promptV, biases.prompt, scale);
  const allK = tf.concat([shared(promptK), ownK], 2);
  const allV = tf.concat([shared(promptV), ownV], 2);
  const ownOut = attention(ownQ, allK, allV, biases.completion, scale);
  const output = joinRows(
    backToTokens(promptOut, batch, 'prompt', width),
    backToTokens(ownOut, batch, 'completion', width),
    heads.queries.shape[0],
  );
  return { output, promptKeys: promptK, promptValues: promptV };
}

/** Vectors of each head in rows: [rows, heads, width, headDim] for queries, keys and values of a part of the batch. */
function partHeads(
  config: DecoderConfig,
  batch: PackedTensors,
  part: string,
  heads: ProjectedHeads,
): [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D] {
  const gather = (x: tf.Tensor2D, count: number, indices: string, back: string): tf.Tensor4D => {
    const vectors = tf.reshape(x, [x.shape[0] * count, config.headDim]);
    return permuteRows(vectors, packed(batch, `${part}.${indices}`), packed(batch, `${part}.${back}`)) as tf.Tensor4D;
  };
  return [
    gather(heads.queries, config.heads, 'queries', 'outputs'),
    gather(heads.keys, config.keyValueHeads, 'keys', 'keyPlaces'),
    gather(heads.values, config.keyValueHeads, 'keys', 'keyPlaces'),
  ];
}

/** [rows, heads, width, headDim] back to [tokens, heads * headDim]; padding is dropped. */
function backToTokens(x: tf.Tensor4D, batch: PackedTensors, part: string, width: number): tf.Tensor2D {
  const [rows, heads, slots, dim] = x.shape;
  const back = packed(batch, `${part}.outputs`);
  const vectors = tf.reshape(x, [rows * heads * slots, dim]);
  const taken = permuteRows(vectors, back, packed(batch, `${part}.places`), true);
  return tf.reshape(taken, [back.shape[0], width]);
}

function attentionBiases(batch: PackedTensors): AttentionBiases {
  const causal = (slots: tf.Tensor1D): tf.Tensor => {
    const later = tf.greater(tf.expandDims(slots, 0), tf.expandDims(slots, 1));
    return tf.mul(tf.cast(later, 'float32'), hidden);
  };
  const promptSlots = packed(batch, 'prompt.slots');
  const prompt = causal(promptSlots);
  if (batch['completion.slots'] === undefined) return { prompt };
  const lengths = tf.gather(packed(batch, 'prompt.lengths'), packed(batch, 'completion.prompt'));
  const rows = lengths.shape[0];
  const own = causal(packed(batch, 'completion.slots'));
  const width = own.shape[0];
  const beyond = tf.greaterEqual(
    tf.reshape(promptSlots, [1, 1, 1, promptSlots.shape[0]]),
    tf.reshape(lengths, [rows, 1, 1, 1]),
  );
  const shared = tf.mul(tf.cast(beyond, 'float32'), hidden);
  const sharedRows = tf.broadcastTo(shared, [rows, 1, width, promptSlots.shape[0]]);
  const ownRows = tf.broadcastTo(tf.reshape(own, [1, 1, width, width]), [rows, 1, width, width]);
  return { prompt, completion: tf.concat([sharedRows, ownRows], 3) };
}
