import { permuteRows, repeatRows } from '../tensor/ops/rows.ts';
import { joinRows, splitRows } from '../tensor/ops/segments.ts';
import { entropyOf, tokenLogProbs } from '../tensor/ops/tokenLogProbs.ts';
import { tf } from '../tensor/tf.ts';
import { membershipOf, packed, type DecoderLayers, type PackedTensors } from './decoder.ts';

/** Log-probability and entropy of every completion token, [completionTokens] each. */
export interface Predictions {
  readonly logps: tf.Tensor1D;
  readonly entropies: tf.Tensor1D;
}

/**
 * Scores the completion tokens of a packed batch under softmax(logits / temperature). Only hidden states that predict a completion token go
 * through the output head. hidden [tokens, hidden]; inverseTemperature is a scalar that is fed.
 */
export function predictCompletions(
  layers: DecoderLayers,
  hidden: tf.Tensor2D,
  batch: PackedTensors,
  inverseTemperature: tf.Scalar,
): Predictions {
  const promptTokens = packed(batch, 'lastOfPromptBack').shape[0];
  const ownTokens = packed(batch, 'predictors').shape[0];
  const sources = packed(batch, 'predictorsBack').shape[0];
  const [ofPrompts, own] = splitRows(hidden, promptTokens, ownTokens);
  const last = permuteRows(ofPrompts, packed(batch, 'lastOfPrompt'), packed(batch, 'lastOfPromptBack'), true);
  const first = repeatRows(last, packed(batch, 'completion.prompt'), membershipOf(batch)) as tf.Tensor2D;
  const candidates = joinRows(first, own, sources);
  const predictors = permuteRows(
    candidates,
    packed(batch, 'predictors'),
    packed(batch, 'predictorsBack'),
    true,
  ) as tf.Tensor2D;
  const logits = tf.mul<tf.Tensor2D>(layers.logits(predictors), inverseTemperature);
  const ids = completionIds(batch, promptTokens, ownTokens);
  return { logps: tokenLogProbs(logits, ids), entropies: entropyOf(logits) };
}

function completionIds(batch: PackedTensors, promptTokens: number, ownTokens: number): tf.Tensor1D {
  const ids = tf.expandDims<tf.Tensor2D>(packed(batch, 'ids'), 1);
  return tf.squeeze(splitRows(ids, promptTokens, ownTokens)[1], [1]);
}
