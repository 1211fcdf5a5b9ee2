/** Filters on the distribution of the next token. One that is left out does nothing. */
export interface SamplingFilters {
  /** Logits are divided by it; above 0. */
  readonly temperature?: number;
  /** Only this many of the most likely tokens are kept, and more where logits are equal; 0 keeps all. */
  readonly topK?: number;
  /** Only the most likely tokens whose probabilities first add up to this are kept; 1 keeps all. */
  readonly topP?: number;
  /** Only tokens at least this fraction as likely as the most likely one are kept; 0 keeps all. */
  readonly minP?: number;
  /** Logits of tokens that were seen are divided by it where positive and multiplied where negative; above 0. */
  readonly repetitionPenalty?: number;
}

/** A filtered distribution. */
export interface FilteredDistribution {
  /** [vocabulary]; 0 for tokens that were removed. */
  readonly probabilities: Float64Array;
  /** Number of tokens that were kept. */
  readonly kept: number;
}

/**
 * The distribution that transformers samples from: repetition penalty, temperature, top-k, top-p (nucleus sampling, Holtzman et
 * al. 2019, arXiv:1904.09751) and min-p (Nguyen et al. 2024, arXiv:2407.01082), in this order. Every step is rounded to float32 where
 * torch rounds, because a filter's cut depends on the last bit.
 *
 * @param logits [vocabulary]
 * @param ids tokens seen so far, padding included
 */
export function filteredProbabilities(
  logits: ArrayLike<number>,
  ids: Iterable<number>,
  filters: SamplingFilters,
): FilteredDistribution {
  const { temperature = 1, topK = 0, topP = 1, minP = 0, repetitionPenalty = 1 } = filters;
  const scores = Float32Array.from(logits);
  if (repetitionPenalty !== 1) penalizeRepetition(scores, ids, Math.fround(repetitionPenalty));
  if (temperature !== 1) divide(scores, Math.fround(temperature));
  if (topK > 0) keepTopK(scores, topK);
  if (topP < 1) keepTopP(scores, topP);
  if (minP > 0) keepMinP(scores, minP);
  return {
    probabilities: softmax(scores),
    kept: scores.reduce((count, score) => count + (score > -Infinity ? 1 : 0), 0),
  };
}

function penalizeRepetition(scores: Float32Array, ids: Iterable<number>, penalty: number): void {
  for (const id of new Set(ids)) {
    const score = scores[id];
    if (score !== undefined) scores[id] = score < 0 ? score * penalty : score / penalty;
  }
}

function divide(scores: Float32Array, temperature: number): void {
  for (let i = 0; i < scores.length; i += 1) scores[i] = (scores[i] ?? 0) / temperature;
}

function keepTopK(scores: Float32Array, k: number): void {
  const threshold = scores.toSorted().at(-Math.min(k, scores.length)) ?? -Infinity;
  removeWhere(scores, (score) => score < threshold);
}

function keepTopP(scores: Float32Array, p: number): void {
  const probabilities = Float32Array.from(softmax(scores));
  const ascending = Array.from(scores.keys()).sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0) || a - b);
  const limit = Math.fround(1 - p);
  let total = 0;
  for (const token of ascending.slice(0, -1)) {
    total += probabilities[token] ?? 0;
    if (Math.fround(total) > limit) break;
    scores[token] = -Infinity;
  }
}

function keepMinP(scores: Float32Array, p: number): void {
  const probabilities = Float32Array.from(softmax(scores));
  const threshold = Math.fround(Math.fround(p) * probabilities.reduce((a, b) => Math.max(a, b), 0));
  removeWhere(scores, (_, token) => (probabilities[token] ?? 0) < threshold);
}

function removeWhere(scores: Float32Array, isRemoved: (score: number, token: number) => boolean): void {
  for (const [token, score] of scores.entries()) if (isRemoved(score, token)) scores[token] = -Infinity;
}

function softmax(scores: Float32Array): Float64Array {
  const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = Float64Array.from(scores, (score) => Math.exp(score - largest));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}
