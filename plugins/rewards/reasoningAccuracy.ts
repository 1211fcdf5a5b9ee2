import { z } from 'zod';
import type { Reward } from '../../core/contracts/reward.ts';
import { sharedVerifierPool } from '../../core/verifier/pool/verifierPool.ts';
import { scoreVerification } from '../../core/verifier/scoreVerification.ts';
import { verifierOptionsSchema, type VerifierOptions } from '../../core/verifier/verifierOptions.ts';

interface ReasoningAccuracyConfig extends VerifierOptions {
  readonly delimiters: readonly string[];
}

/** What stands after the last occurrence of the first listed delimiter that occurs; undefined where none does. */
function afterReasoning(completion: string, delimiters: readonly string[]): string | undefined {
  const delimiter = delimiters.find((each) => completion.includes(each));
  return delimiter && completion.slice(completion.lastIndexOf(delimiter) + delimiter.length);
}

/** Accuracy of what comes after the reasoning; 0 for a completion that never ends its reasoning. */
export const reasoningAccuracy: Reward<ReasoningAccuracyConfig> = {
  id: 'reasoning_accuracy',
  summary: 'Accuracy of what comes after </think>; 0 without it',
  source: 'reasoning_accuracy_reward of TRL 1.16, with this project’s verifier',
  config: verifierOptionsSchema.extend({
    delimiters: z
      .array(z.string().min(1))
      .min(1)
      .default(['</think>'])
      .describe('The first of these that occurs ends the reasoning, where it occurs last'),
  }),
  create(config) {
    return async ({ completion, reference }) => {
      const answer = afterReasoning(completion, config.delimiters);
      if (answer === undefined) {
        return { value: 0, trace: `the reasoning never ends (looked for: ${config.delimiters.join(', ')})` };
      }
      return scoreVerification(await sharedVerifierPool().verify(answer, reference, config));
    };
  },
};
