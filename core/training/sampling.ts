import { at } from '../tensor/ops/emit.ts';
import { pick } from '../tensor/ops/tokenLogProbs.ts';
import { tf } from '../tensor/tf.ts';

/** How the next token is chosen; fixed while a graph is traced. */
export interface SamplingOptions {
  /** Above 0; ignored when greedy. */
  readonly temperature: number;
  /** 0: all tokens. */
  readonly topK: number;
  /** 1: all tokens. */
  readonly topP: number;
  /** 0: all tokens. */
  readonly minP: number;
  /** 1: none. */
  readonly repetitionPenalty: number;
  readonly greedy: boolean;
}

/** Sampling without filters but top p; temperature 0 is greedy. */
export function plainSampling(temperature: number, topP = 1): SamplingOptions {
  const greedy = temperature === 0;
  return { greedy, temperature: greedy ? 1 : temperature, topK: 0, topP, minP: 0, repetitionPenalty: 1 };
}

/** A sampled token per row with its log-probabilities. All [rows]. */
export interface SampledTokens {
  readonly ids: tf.Tensor1D;
  /** Under the distribution that was sampled. */
  readonly filteredLogps: tf.Tensor1D;
  /** Under softmax(logits / temperature), before any filter. */
  readonly logps: tf.Tensor1D;
  /** Entropy of softmax(logits / temperature), in nats. */
  readonly entropies: tf.Tensor1D;
}

/** Stands for minus infinity where a token is ruled out; finite, so that 0 times it stays 0. */
const ruledOut = -1e30;

/**
 * Draws one token per row. logits [rows, vocabulary]; uniforms [rows] in [0, 1); seen [rows, vocabulary] holds 1 where a token occurred
 * (only for the repetition penalty); banned [vocabulary] is added to the logits (0, or a large negative number).
 * Filters in the order of transformers: repetition penalty, temperature, top k, top p, min p.
 */
export function sampleTokens(
  logits: tf.Tensor2D,
  uniforms: tf.Tensor1D,
  options: SamplingOptions,
  extra: { readonly seen?: tf.Tensor2D; readonly banned?: tf.Tensor1D } = {},
): SampledTokens {
  const scaled = options.greedy ? logits : tf.mul<tf.Tensor2D>(logits, 1 / options.temperature);
  const logProbs = tf.logSoftmax(scaled);
  const filtered = tf.logSoftmax(filterLogits(logits, options, extra));
  const ids = options.greedy ? tf.argMax<tf.Tensor1D>(filtered, 1) : drawFrom(filtered, uniforms);
  const entropies: tf.Tensor1D = tf.neg(tf.sum(tf.mul(tf.exp(logProbs), logProbs), 1));
  return { ids, filteredLogps: pick(filtered, ids), logps: pick(logProbs, ids), entropies };
}

/** Logits after every filter; what is ruled out is at a large negative number. */
export function filterLogits(
  logits: tf.Tensor2D,
  options: SamplingOptions,
  extra: { readonly seen?: tf.Tensor2D; readonly banned?: tf.Tensor1D } = {},
): tf.Tensor2D {
  let z: tf.Tensor = extra.banned === undefined ? logits : tf.add(logits, extra.banned);
  if (extra.seen !== undefined && options.repetitionPenalty !== 1) {
    const penalised = tf.where(
      tf.less(z, 0),
      tf.mul(z, options.repetitionPenalty),
      tf.mul(z, 1 / options.repetitionPenalty),
    );
    z = tf.where(tf.greater(extra.seen, 0), penalised, z);
  }
  if (!options.greedy) z = tf.mul(z, 1 / options.temperature);
  const vocabulary = at(logits.shape, 1);
  if (options.topK > 0 && options.topK < vocabulary) {
    const { values } = tf.topk(z, options.topK);
    z = keepWhere(z, tf.greaterEqual(z, tf.min(values, 1, true)));
  }
  if (options.topP < 1) z = keepTopP(z as tf.Tensor2D, options.topP);
  if (options.minP > 0) {
    const probabilities = tf.softmax(z);
    z = keepWhere(z, tf.greaterEqual(probabilities, tf.mul(tf.max(probabilities, 1, true), options.minP)));
  }
  return z as tf.Tensor2D;
}

/** Keeps the most likely tokens up to and including the one with which their sum reaches `topP`; tokens of equal logit stay together. */
function keepTopP(z: tf.Tensor2D, topP: number): tf.Tensor {
  const vocabulary = at(z.shape, 1);
  const { values: sorted } = tf.topk(z, vocabulary);
  const upToHere = tf.cumsum(tf.softmax(sorted), 1, false, true);
  const isLargest = tf.greaterEqual(sorted, tf.max(sorted, 1, true));
  const kept = tf.logicalOr(tf.greater(upToHere, 1 - topP), isLargest);
  const smallestKept = tf.min(tf.where(kept, sorted, tf.mul(tf.onesLike(sorted), -ruledOut)), 1, true);
  return keepWhere(z, tf.greaterEqual(z, smallestKept));
}

function keepWhere(z: tf.Tensor, keep: tf.Tensor): tf.Tensor {
  return tf.where(keep, z, tf.mul(tf.onesLike(z), ruledOut));
}

/** Inverse of the cumulative distribution at u: the number of tokens whose cumulative probability is at or below u times the total. */
function drawFrom(logProbs: tf.Tensor2D, uniforms: tf.Tensor1D): tf.Tensor1D {
  const cumulative = tf.cumsum(tf.exp(logProbs), 1);
  const vocabulary = at(logProbs.shape, 1);
  const total = tf.slice(cumulative, [0, vocabulary - 1], [logProbs.shape[0], 1]);
  // Kept below the total, so that rounding can never step past the last token that has a probability.
  const threshold = tf.mul(tf.mul(tf.expandDims(uniforms, 1), 1 - 2 ** -22), total);
  return tf.sum(tf.cast(tf.lessEqual(cumulative, threshold), 'int32'), 1);
}
