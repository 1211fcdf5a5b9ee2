import { z } from 'zod';
import type { Reward } from '../../core/contracts/reward.ts';

interface RepetitionPenaltyConfig {
  readonly ngram_size: number;
  readonly max_penalty: number;
}

/**
 * The share of n-grams that occur before, times `maxPenalty`; 0 for a text shorter than one n-gram.
 * Demystifying long chain-of-thought reasoning (arXiv 2502.03373), appendix on repetition penalty.
 */
function repetitionPenaltyOf(ids: readonly number[], size: number, maxPenalty: number): number {
  const total = ids.length - size + 1;
  if (total < 1) {
    return 0;
  }
  const distinct = new Set<string>();
  for (let start = 0; start < total; start++) {
    distinct.add(ids.slice(start, start + size).join(' '));
  }
  return distinct.size === total ? 0 : (1 - distinct.size / total) * maxPenalty;
}

/** Punishes completions that say the same again, by the share of repeated n-grams of token ids. */
export const repetitionPenalty: Reward<RepetitionPenaltyConfig> = {
  id: 'repetition_penalty',
  summary: 'Punishes repeated n-grams of tokens',
  source: 'arXiv 2502.03373; TRL get_repetition_penalty_reward',
  config: z.strictObject({
    ngram_size: z.int().min(1).max(100).describe('Tokens in an n-gram'),
    max_penalty: z.number().max(0).describe('Value when everything repeats; not above 0'),
  }),
  create(config) {
    return (sample) => ({ value: repetitionPenaltyOf(sample.completionIds, config.ngram_size, config.max_penalty) });
  },
};
