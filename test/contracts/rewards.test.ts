import { describe, expect, it } from 'vitest';
import { plugins } from '../../plugins/index.ts';
import { rewardSample } from '../plugins/rewards/rewardSample.ts';
import { configFor } from './pluginConfigs.ts';

/** What models write, and what somebody would write who wants to break a verifier. */
const hostile: Readonly<Record<string, string>> = {
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

describe.each(plugins.rewards.map((reward) => [reward.id, reward] as const))('%s', (_id, reward) => {
  const score = reward.create(configFor(reward));

  it.each(Object.entries(hostile))('judges %s without an error, and the same way twice', async (_name, text) => {
    for (const [completion, reference] of [
      [text, '2'],
      ['\\boxed{2}', text],
    ] as const) {
      const sample = rewardSample({ completion, reference, completionIds: [1, 2, 3], finished: false });
      const result = await score(sample);
      if (result.value !== undefined) expect(result.value).toSatisfy(Number.isFinite);
      for (const value of Object.values(result.components ?? {})) expect(value).toSatisfy(Number.isFinite);
      expect(await reward.create(configFor(reward))(sample)).toEqual(result);
    }
  });

  it('looks at nothing but the sample: the order of asking does not matter', async () => {
    const samples = ['\\boxed{2}', 'two', '<think>1+1=2</think>\\boxed{3}', '2'].map((completion) =>
      rewardSample({ completion, completionIds: [1, 2] }),
    );
    const forwards = await Promise.all(samples.map(async (sample) => score(sample)));
    const backwards = await Promise.all(samples.toReversed().map(async (sample) => score(sample)));
    expect(backwards.toReversed()).toEqual(forwards);
  });

  it('leaves the sample as it was', async () => {
    const sample = Object.freeze(rewardSample({ completion: '\\boxed{2}', completionIds: Object.freeze([1, 2]) }));
    await expect((async () => score(sample))()).resolves.toBeTypeOf('object');
  });
});
