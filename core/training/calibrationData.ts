import type { ProblemSource } from '../contracts/dataset.ts';
import type { Tokenizer } from '../model/tokenizer.ts';
import { randomStream } from '../tensor/random.ts';
import type { Prompt } from './prompts.ts';

/** Where calibration finds its text. */
export interface CalibrationText {
  readonly train: ProblemSource;
  readonly promptOf: (problem: ReturnType<ProblemSource['problem']>) => Prompt;
  readonly tokenizer: Tokenizer;
  /** Ends a completion. */
  readonly stopIds: readonly number[];
  /** Longest sequence of the model. */
  readonly contextTokens: number;
}

/** Tokens of a batch: enough rows for ranks of some hundreds, and little memory. */
const batchTokens = 512;
/** Sequences of a batch at most. */
const batchSequences = 64;

/** The sequences of one batch: each a prompt with its worked completion, or with the reference answer where there is none. */
export type CalibrationBatch = readonly (readonly number[])[];

/**
 * Up to `count` batches of training data, in an order of their own that the seed alone fixes; a data set that ends sooner gives fewer.
 * Sequences of one token, which predict nothing, are left out.
 */
export function calibrationBatches(text: CalibrationText, count: number, seed: number): readonly CalibrationBatch[] {
  const { size } = text.train;
  const random = randomStream(seed, 'calibration', 'order');
  const order = size === undefined ? undefined : random.permutation(size);
  const batches: CalibrationBatch[] = [];
  let place = 0;
  const isLeft = (): boolean => size === undefined || place < size;
  while (batches.length < count && isLeft()) {
    const batch: (readonly number[])[] = [];
    let tokens = 0;
    while (tokens < batchTokens && batch.length < batchSequences && isLeft()) {
      const ids = sequenceOf(text, order?.[place] ?? place);
      place++;
      if (ids.length < 2) continue;
      batch.push(ids);
      tokens += ids.length;
    }
    if (batch.length > 0) batches.push(batch);
  }
  return batches;
}

function sequenceOf(text: CalibrationText, index: number): readonly number[] {
  const prompt = text.promptOf(text.train.problem(index));
  const answer = text.tokenizer.encode(prompt.problem.demonstration ?? prompt.problem.reference);
  return [...prompt.ids, ...answer, ...text.stopIds.slice(0, 1)].slice(0, text.contextTokens);
}
