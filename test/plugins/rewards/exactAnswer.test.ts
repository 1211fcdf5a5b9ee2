import { expect, it } from 'vitest';
import { exactAnswer } from '../../../plugins/rewards/exactAnswer.ts';
import { scoreOf } from './rewardSample.ts';

it('gives 1 for the reference and 0 for anything else, and says why', async () => {
  const reference = '52';
  const right = await scoreOf(exactAnswer, {}, { completion: '<think>19*3=57,57-5=52</think>\\boxed{52}', reference });
  expect(right).toEqual({ value: 1, trace: '"52" (last \\boxed{}): same text as the reference, "52"' });
  const wrong = await scoreOf(exactAnswer, {}, { completion: '\\boxed{53}', reference });
  expect(wrong).toEqual({ value: 0, trace: '"53" (last \\boxed{}): as exact fractions "53" ≠ "52"' });
});

it('looks where it is told to', async () => {
  const sample = { completion: 'It is 52.', reference: '52' };
  expect((await scoreOf(exactAnswer, {}, sample)).value).toBe(1);
  expect((await scoreOf(exactAnswer, { extraction: ['boxed'] }, sample)).value).toBe(0);
  const boxedEarlier = { completion: '\\boxed{52} and not 53', reference: '52' };
  expect((await scoreOf(exactAnswer, {}, boxedEarlier)).value).toBe(1);
  expect((await scoreOf(exactAnswer, { extraction: ['last_number', 'boxed'] }, boxedEarlier)).value).toBe(0);
});

it('masks a sample whose reference cannot be used', async () => {
  const score = await scoreOf(exactAnswer, {}, { completion: '\\boxed{5}', reference: 'five' });
  expect(score).toEqual({ value: undefined, trace: 'the reference "five" is no number: sample masked' });
});

it.each([[{ extraction: [] }], [{ extraction: ['magic'] }], [{ extract: ['boxed'] }]])(
  'rejects the options %j',
  (options) => {
    expect(exactAnswer.config.safeParse(options).success).toBe(false);
  },
);
