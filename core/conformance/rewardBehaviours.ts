import { isDeepStrictEqual } from 'node:util';
import type { Reward, RewardSample, RewardScore } from '../contracts/reward.ts';
import type { Behaviour } from './behaviour.ts';
import { nonconformity } from './behaviour.ts';
import type { DescribedPlugin } from './description.ts';
import { scoreProblem } from './guardPlugin.ts';

/** A reward with the least options that a user can write for it. */
export interface RewardSubject extends DescribedPlugin {
  readonly reward: Reward;
  readonly config: unknown;
}

/** What models write, and what somebody would write who wants to break a verifier. */
const hostileTexts: Readonly<Record<string, string>> = {
  nothing: '',
  'white space': ' \n\t\u2028 ',
  'an open box': 'so it is \\boxed{',
  'boxes in boxes': `${'\\boxed{'.repeat(2000)}7${'}'.repeat(2000)}`,
  'boxes that close too often': `\\boxed{7}${'}'.repeat(2000)}`,
  'many answers': '\\boxed{1} '.repeat(5000),
  'an open thought': '<think>'.repeat(2000),
  'thoughts in the wrong order': '</think></answer><answer><think>\\boxed{2}',
  'half of a character': 'the answer is \ud800',
  'characters of control': '\u0000\u0007\u001b[31m\u202e2',
  'digits of other scripts': '١٢٣ ２ Ⅻ ½',
  'a very long number': '9'.repeat(20_000),
  'a number beyond all bounds': '\\boxed{1e999999999}',
  'powers of powers': '\\boxed{9^9^9^9^9}',
  'a division by zero': '\\boxed{1/0}',
  'not numbers': '\\boxed{NaN} \\boxed{Infinity} \\boxed{-0}',
  'deep brackets': `\\boxed{${'('.repeat(5000)}2${')'.repeat(5000)}}`,
  'what makes patterns slow': `${'a'.repeat(20_000)}! ${'0.'.repeat(10_000)} ${'- '.repeat(10_000)}`,
  'names of objects': '\\boxed{__proto__} \\boxed{constructor}',
  code: '\\boxed{process.exit(1)} ${process.exit(1)}',
};

/** Frozen, so that a reward that writes to it fails. */
function sampleOf(part: Partial<RewardSample>): RewardSample {
  return Object.freeze({
    prompt: 'What is 1+1?',
    completion: '',
    completionIds: Object.freeze([1, 2, 3]),
    finished: false,
    reference: '2',
    maxCompletionTokens: 100,
    ...part,
  });
}

const survivesHostileTexts: Behaviour<RewardSubject> = {
  name: 'judges hostile completions and references with finite numbers, the same way twice, and leaves them as they were',
  judge: async ({ plugin, reward, config }) => {
    const score = reward.create(config);
    for (const [name, text] of Object.entries(hostileTexts)) {
      const samples = [sampleOf({ completion: text }), sampleOf({ completion: '\\boxed{2}', reference: text })];
      for (const [i, sample] of samples.entries()) {
        const where = `${i === 0 ? 'the completion' : 'the reference'} is ${name}`;
        const result = await score(sample);
        const problem = scoreProblem(result);
        if (problem !== undefined) throw nonconformity({ plugin, method: 'score' }, `${problem}, where ${where}`);
        const again = await reward.create(config)(sample);
        if (isDeepStrictEqual(again, result)) continue;
        const values = `${JSON.stringify(result)} and then ${JSON.stringify(again)}`;
        throw nonconformity({ plugin, method: 'score' }, `it gives ${values} where ${where}`);
      }
    }
  },
};

const looksAtSampleAlone: Behaviour<RewardSubject> = {
  name: 'looks at nothing but the sample: the order of asking does not matter',
  judge: async ({ plugin, reward, config }) => {
    const score = reward.create(config);
    const texts = ['\\boxed{2}', 'two', '<think>1+1=2</think>\\boxed{3}', '2'];
    // All at once: a reward that waits for something is asked for the next sample meanwhile.
    const ask = (order: readonly string[]): Promise<RewardScore[]> =>
      Promise.all(order.map(async (completion) => score(sampleOf({ completion }))));
    const [forwards, backwards] = [await ask(texts), (await ask(texts.toReversed())).reverse()];
    const at = forwards.findIndex((result, i) => !isDeepStrictEqual(result, backwards[i]));
    if (at < 0) return;
    const results = `${JSON.stringify(forwards[at])}, asked in another order ${JSON.stringify(backwards[at])}`;
    throw nonconformity({ plugin, method: 'score' }, `"${texts[at] ?? ''}" gets ${results}`);
  },
};

/** What every reward does. */
export const rewardBehaviours: readonly Behaviour<RewardSubject>[] = [survivesHostileTexts, looksAtSampleAlone];
