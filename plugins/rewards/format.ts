import { z } from 'zod';
import type { Reward } from '../../core/contracts/reward.ts';

const START = '<think>';
const END = '</think>';

/** Why a completion is not one thought followed by the answer; undefined where it is. */
function formatProblem(completion: string): string | undefined {
  if (!completion.startsWith(START)) {
    return `does not begin with ${START}`;
  }
  if (completion.includes(START, START.length)) {
    return `${START} occurs again`;
  }
  return completion.includes(END) ? undefined : `${END} is missing`;
}

/** 1 for `<think>...</think>` and then the answer, with one `<think>` only, at the very beginning; else 0. */
export const format: Reward<Readonly<Record<string, never>>> = {
  id: 'format',
  summary: 'The completion is <think>...</think> and then the answer',
  source: 'think_format_reward of TRL 1.16',
  config: z.strictObject({}),
  create() {
    return (sample) => {
      const problem = formatProblem(sample.completion);
      return { value: problem === undefined ? 1 : 0, trace: problem ?? 'one thought, then the answer' };
    };
  },
};
