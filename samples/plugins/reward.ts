import { z } from 'zod';
import type { Reward } from 'rlvr-lab/contracts/reward';

/** What a user writes beside `type: my_reward`, with defaults. An unknown key is refused by name. */
const schema = z.strictObject({
  tolerance: z.number().min(0).default(0).describe('How far the answer may be from the reference'),
});

type Config = z.output<typeof schema>;

/** The last whole or decimal number of a text; undefined where it has none. */
function lastNumber(text: string): number | undefined {
  const found = text
    .slice(-200)
    .match(/-?\d+(?:\.\d+)?/g)
    ?.at(-1);
  const value = Number(found);
  return found === undefined || !Number.isFinite(value) ? undefined : value;
}

/** my_reward: 1 where the last number of the completion is the reference, else 0. */
export const reward: Reward<Config> = {
  id: 'my_reward',
  summary: 'The last number of the completion is the reference',
  source: 'written for this project',
  config: schema,
  // 1 means that the answer is right, so accuracy may be measured with it.
  isVerifier: true,
  // Called once; what it returns is asked for every completion. The same completion must always get the same score.
  create({ tolerance }) {
    return ({ completion, reference }) => {
      const expected = lastNumber(reference);
      // A sample that cannot be judged is left out, not counted as wrong.
      if (expected === undefined) return { value: undefined, trace: 'the reference has no number' };
      const answer = lastNumber(completion);
      if (answer === undefined) return { value: 0, trace: 'the completion has no number' };
      const isRight = Math.abs(answer - expected) <= tolerance;
      return { value: isRight ? 1 : 0, trace: `found ${answer}, expected ${expected}` };
    };
  },
};
