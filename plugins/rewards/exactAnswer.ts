import { z } from 'zod';
import type { Reward } from '../../core/contracts/reward.ts';
import { extractionKinds, type ExtractionKind } from '../../core/verifier/extract.ts';
import { verifyAnswer } from '../../core/verifier/verify.ts';

interface ExactAnswerConfig {
  readonly extraction: readonly ExtractionKind[];
}

/** 1 where the completion's answer is the reference, else 0; masked where the reference cannot be used. */
export const exactAnswer: Reward<ExactAnswerConfig> = {
  id: 'exact_answer',
  summary: 'The last \\boxed{} (or last number) equals the reference exactly',
  source: 'this project',
  isVerifier: true,
  config: z.strictObject({
    extraction: z
      .array(z.enum(extractionKinds))
      .min(1)
      .default(['boxed', 'last_number'])
      .describe('Where the answer is looked for; the first that finds something counts'),
  }),
  create(config) {
    return (sample) => {
      const verdict = verifyAnswer(sample.completion, sample.reference, config);
      return { value: verdict.equal === undefined ? undefined : Number(verdict.equal), trace: verdict.trace };
    };
  },
};
