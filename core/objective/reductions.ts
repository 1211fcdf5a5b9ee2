import type { PolicyBatch } from '../contracts/objective.ts';
import { tf } from '../tensor/tf.ts';
import { meanOverSequence, sumOverSequence } from './policyTerms.ts';

/** A micro-batch's part of the loss, and the same before it is divided by the number of micro-batches, as it is logged. */
export interface ReducedLoss {
  readonly loss: tf.Scalar;
  readonly logged: tf.Scalar;
}

/** Makes one number of token losses [R, T] or [R, 1], which are not masked yet. */
export type Reduction = (tokenLoss: tf.Tensor2D, batch: PolicyBatch) => ReducedLoss;

function maskedSum(tokenLoss: tf.Tensor2D, batch: PolicyBatch): tf.Scalar {
  return tf.sum(tf.mul(tokenLoss, batch.mask));
}

/** Mean over the step's sequences of each one's token mean (GRPO, arXiv 2402.03300, eq. 3). */
export const meanOfSequenceMeans: Reduction = (tokenLoss, batch) => {
  const total = tf.sum<tf.Scalar>(meanOverSequence(tokenLoss, batch));
  return { loss: tf.div(total, batch.counts.stepRows), logged: tf.div(total, batch.counts.rows) };
};

/** Mean over the active tokens of each micro-batch, averaged over the step's micro-batches. */
export const meanOfLocalTokens: Reduction = (tokenLoss, batch) => {
  const mean = tf.div<tf.Scalar>(maskedSum(tokenLoss, batch), tf.maximum(batch.counts.localTokens, 1));
  return { loss: tf.div(mean, batch.counts.accumulation), logged: mean };
};

/** Sum over tokens divided by a constant length for each of the step's sequences (Dr. GRPO, arXiv 2503.20783). */
export const constantLength: Reduction = (tokenLoss, batch) => {
  const perLength = tf.div<tf.Scalar>(maskedSum(tokenLoss, batch), batch.counts.maxCompletionTokens);
  return { loss: tf.div(perLength, batch.counts.stepRows), logged: tf.div(perLength, batch.counts.rows) };
};

/** Mean over the step's sequences of each one's token sum (LUSPO, arXiv 2602.05261): long sequences count more. */
export const meanOfSequenceSums: Reduction = (tokenLoss, batch) => {
  const total = tf.sum<tf.Scalar>(sumOverSequence(tokenLoss, batch));
  return { loss: tf.div(total, batch.counts.stepRows), logged: tf.div(total, batch.counts.rows) };
};

/** Mean over the active tokens of the generation batch, shared out evenly among its optimizer steps (DAPO, arXiv 2503.14476, eq. 12). */
export const meanOfGlobalTokens: Reduction = (tokenLoss, batch) => {
  const { globalTokens, stepsPerGeneration } = batch.counts;
  const tokensPerStep = tf.div<tf.Scalar>(tf.maximum(globalTokens, 1), stepsPerGeneration);
  const loss = tf.div<tf.Scalar>(maskedSum(tokenLoss, batch), tokensPerStep);
  return { loss, logged: loss };
};

/** The reductions by the names that users choose them by, where an objective's paper fixes none. */
export const reductions = {
  token_mean: meanOfGlobalTokens,
  micro_batch_token_mean: meanOfLocalTokens,
  sequence_mean: meanOfSequenceMeans,
  sequence_sum: meanOfSequenceSums,
  constant_length: constantLength,
} as const satisfies Readonly<Record<string, Reduction>>;

/** Whether the loss depends on which rows share a micro-batch, those of advantage 0 included. */
export function dependsOnMicroBatch(options: { readonly reduction: keyof typeof reductions }): boolean {
  return options.reduction === 'micro_batch_token_mean';
}
