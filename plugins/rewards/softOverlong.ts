import { z } from 'zod';
import type { Reward } from '../../core/contracts/reward.ts';

interface SoftOverlongConfig {
  readonly max_completion_len?: number | undefined;
  readonly soft_punish_cache: number;
}

/**
 * 0 up to `longest - cache` tokens, then falling linearly to -1 at `longest`, and -1 beyond.
 * DAPO (arXiv 2503.14476), equation 13.
 */
function softOverlongPunishment(length: number, longest: number, cache: number): number {
  if (length <= longest - cache) {
    return 0;
  }
  return length > longest ? -1 : (longest - cache - length) / cache;
}

/** Punishes completions for the part of their length that lies in the last `soft_punish_cache` tokens. */
export const softOverlong: Reward<SoftOverlongConfig> = {
  id: 'soft_overlong',
  summary: 'Punishes completions that come close to the length limit, by up to -1',
  source: 'DAPO (arXiv 2503.14476), soft overlong punishment; TRL get_soft_overlong_punishment',
  config: z.strictObject({
    max_completion_len: z
      .int()
      .min(1)
      .optional()
      .describe('Tokens at which the punishment is -1; rollout.max_completion_tokens when left out'),
    soft_punish_cache: z.int().min(1).describe('Tokens before it in which the punishment grows'),
  }),
  aliases: { max_completion_length: 'max_completion_len' },
  create(config) {
    return (sample) => {
      const longest = config.max_completion_len ?? sample.maxCompletionTokens;
      const length = sample.completionIds.length;
      const value = softOverlongPunishment(length, longest, config.soft_punish_cache);
      return { value, trace: `${length} tokens; free up to ${longest - config.soft_punish_cache}, -1 from ${longest}` };
    };
  },
};
