import { describe, expect, it } from 'vitest';
import { countdown } from '../../../plugins/rewards/countdown.ts';
import { scoreOf } from './rewardSample.ts';

const reference = '3, 7, 8 -> 80';

describe('scores', () => {
  it.each([
    ['(3+7)*8', 1],
    ['8 \\times (7 + 3)', 1],
    ['(3+7)*8=80', 1],
    ['(3+7)*8 = 81', 0],
    ['(3+7)*8=80=80', 0],
    ['80', 0],
    ['8*(7+3)+3-3', 0],
    ['8*7+24', 0],
    ['8*7+3', 0],
    ['(3+7)*', 0],
    ['', 0],
    ['process.exit()', 0],
  ])('%s: %d', async (answer, value) => {
    const score = await scoreOf(countdown, {}, { completion: `<think></think>\\boxed{${answer}}`, reference });
    expect(score.value).toBe(value);
  });

  it('takes each number as often as it is given', async () => {
    const twice = { completion: '\\boxed{5*5}', reference: '5, 5 -> 25' };
    expect((await scoreOf(countdown, {}, twice)).value).toBe(1);
    expect((await scoreOf(countdown, {}, { ...twice, reference: '5, 1 -> 25' })).value).toBe(0);
  });

  it('lets numbers be left out where it is told to', async () => {
    const sample = { completion: '\\boxed{8*(3+7)}', reference: '3, 7, 8, 2 -> 80' };
    expect((await scoreOf(countdown, {}, sample)).value).toBe(0);
    expect((await scoreOf(countdown, { use_all: false }, sample)).value).toBe(1);
  });

  it('computes with fractions', async () => {
    const score = await scoreOf(countdown, {}, { completion: '\\boxed{8/(3-8/3)}', reference: '8, 8, 3, 3 -> 24' });
    expect(score.value).toBe(1);
  });
});

it('says what it found', async () => {
  const score = await scoreOf(countdown, {}, { completion: '\\boxed{8*7+3}', reference });
  expect(score).toEqual({
    value: 0,
    components: { reached: 0, numbers: 1 },
    trace: '"8*7+3": is "59", wanted 80; numbers used as given',
  });
  expect((await scoreOf(countdown, {}, { completion: '80', reference })).trace).toBe(
    'no answer found (looked for: last \\boxed{})',
  );
});

it.each(['', '80', '3, 7 ->', '-> 80', '3, x -> 80', '1 -> 2 -> 3', ' '.repeat(100_000)])(
  'masks the reference %j',
  async (unusable) => {
    const score = await scoreOf(countdown, {}, { completion: '\\boxed{8*(3+7)}', reference: unusable });
    expect(score.value).toBeUndefined();
    expect(score.trace).toContain('masked');
  },
);
