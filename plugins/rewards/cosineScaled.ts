import { z } from 'zod';
import type { Reward } from '../../core/contracts/reward.ts';
import { extractionKinds, type ExtractionKind } from '../../core/verifier/extract.ts';
import { verifyAnswer } from '../../core/verifier/verify.ts';

/** Values at length 0 and at `max_len`, for right and for wrong answers. */
interface CosineValues {
  readonly min_value_wrong: number;
  readonly max_value_wrong: number;
  readonly min_value_correct: number;
  readonly max_value_correct: number;
}

interface CosineScaledConfig extends CosineValues {
  readonly max_len?: number | undefined;
  readonly extraction: readonly ExtractionKind[];
}

/**
 * Half a cosine over the length: right answers fall from `max_value_correct` to `min_value_correct`, wrong ones rise from
 * `min_value_wrong` to `max_value_wrong`. Demystifying long chain-of-thought reasoning (arXiv 2502.03373), cosine reward.
 */
function cosineScaledValue(correct: boolean, length: number, longest: number, values: CosineValues): number {
  const [start, end] = correct
    ? [values.max_value_correct, values.min_value_correct]
    : [values.min_value_wrong, values.max_value_wrong];
  const progress = Math.min(length / longest, 1);
  return end + 0.5 * (start - end) * (1 + Math.cos(progress * Math.PI));
}

/** The exact answer's reward, scaled by length: short right answers earn most, short wrong ones lose most. */
export const cosineScaled: Reward<CosineScaledConfig> = {
  id: 'cosine_scaled',
  summary: 'Exact answer, scaled by length along a cosine',
  source: 'arXiv 2502.03373; TRL get_cosine_scaled_reward',
  config: z.strictObject({
    min_value_wrong: z.number().default(-1).describe('A wrong answer of no length'),
    max_value_wrong: z.number().default(-0.5).describe('A wrong answer of max_len'),
    min_value_correct: z.number().default(0.5).describe('A right answer of max_len'),
    max_value_correct: z.number().default(1).describe('A right answer of no length'),
    max_len: z
      .int()
      .min(1)
      .optional()
      .describe('Tokens at which the scale ends; rollout.max_completion_tokens when left out'),
    extraction: z
      .array(z.enum(extractionKinds))
      .min(1)
      .default(['boxed', 'last_number'])
      .describe('As in exact_answer'),
  }),
  create(config) {
    return (sample) => {
      const { equal, trace } = verifyAnswer(sample.completion, sample.reference, config);
      if (equal === undefined) {
        return { value: undefined, trace };
      }
      const length = sample.completionIds.length;
      const longest = config.max_len ?? sample.maxCompletionTokens;
      return {
        value: cosineScaledValue(equal, length, longest, config),
        components: { correct: Number(equal) },
        trace,
      };
    };
  },
};
