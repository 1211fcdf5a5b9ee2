import { describe, expect, it } from 'vitest';
import type { RewardFunction, RewardSample } from '../../core/contracts/reward.ts';
import { judgeSamples } from '../../core/training/judge.ts';

const sample = (completion: string): RewardSample => ({
  prompt: '',
  completion,
  completionIds: [],
  finished: true,
  reference: '',
  maxCompletionTokens: 8,
});
const samples = ['a', 'b', 'c'].map(sample);

/** A reward that does something else for the completion "b". */
const except =
  (forB: RewardFunction): RewardFunction =>
  (given) =>
    given.completion === 'b' ? forB(given) : { value: given.completion.charCodeAt(0) };

const wrong: Readonly<Record<string, { reward: RewardFunction; reason: string; message: RegExp }>> = {
  throws: {
    reward: () => {
      throw new Error('no such table');
    },
    reason: 'threw',
    message: /threw: no such table/,
  },
  'throws what is no error': {
    reward: () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- users may
      throw 'nothing';
    },
    reason: 'threw',
    message: /nothing/,
  },
  rejects: { reward: () => Promise.reject(new Error('offline')), reason: 'threw', message: /offline/ },
  'never settles': {
    reward: () => new Promise(() => undefined),
    reason: 'timed out',
    message: /no answer after 0.05 s/,
  },
  'never returns': {
    reward: () => {
      for (;;);
    },
    reason: 'timed out',
    message: /no answer after 0.05 s/,
  },
  'gives NaN': { reward: () => ({ value: NaN }), reason: 'not a finite number', message: /the value NaN/ },
  'gives an infinity': {
    reward: () => Promise.resolve({ value: -Infinity }),
    reason: 'not a finite number',
    message: /-Infinity/,
  },
  'gives text': { reward: () => ({ value: '1' as unknown as number }), reason: 'no score', message: /no number/ },
  'gives a bare number': {
    reward: () => 1 as unknown as { value: number },
    reason: 'no score',
    message: /gave 1 where \{ value \} is expected/,
  },
};

describe('a reward that', () => {
  it.each(Object.entries(wrong))('%s fails on its completion alone', async (_name, { reward, reason, message }) => {
    const rewards = [
      { name: 'sound', score: () => ({ value: 7 }) },
      { name: 'wrong', score: except(reward) },
    ];
    const { scores, failures } = await judgeSamples(samples, rewards, { timeoutSeconds: 0.05 });
    expect(scores.map((row) => row.map(({ value }) => value))).toEqual([
      [7, 97],
      [7, undefined],
      [7, 99],
    ]);
    expect(failures).toEqual([{ row: 1, reward: 'wrong', reason, message: expect.stringMatching(message) as string }]);
  });

  it('cannot judge a completion has not failed', async () => {
    const rewards = [{ name: 'partial', score: except(() => ({ value: undefined, trace: 'no answer' })) }];
    const { scores, failures } = await judgeSamples(samples, rewards);
    expect(scores[1]).toEqual([{ value: undefined, trace: 'no answer' }]);
    expect(failures).toEqual([]);
  });
});

describe('a reward that limits itself', () => {
  it('is waited for, however long its turn takes to come', async () => {
    let answer: (() => void) | undefined;
    const patient = Object.assign(
      () =>
        new Promise<{ value: number }>(
          (resolve) =>
            (answer = () => {
              resolve({ value: 1 });
            }),
        ),
      { limitsItself: true },
    );
    // The other one's time is up long before this one answers.
    const late = (): Promise<never> => {
      setTimeout(() => answer?.(), 60);
      return new Promise(() => undefined);
    };
    const rewards = [
      { name: 'patient', score: patient },
      { name: 'late', score: late },
    ];
    const { scores, failures } = await judgeSamples([sample('a')], rewards, { timeoutSeconds: 0.02 });
    expect(scores[0]?.[0]).toEqual({ value: 1 });
    expect(failures.map(({ reward, reason }) => [reward, reason])).toEqual([['late', 'timed out']]);
  });
});

describe('many completions', () => {
  it('are judged at once, a bounded number, and keep their order whatever answers first', async () => {
    const waiting: (() => void)[] = [];
    let most = 0;
    const many = Array.from({ length: 200 }, (_, i) => sample(String(i)));
    const score: RewardFunction = ({ completion }) =>
      new Promise((resolve) => {
        waiting.push(() => {
          resolve({ value: Number(completion) });
        });
        most = Math.max(most, waiting.length);
      });
    const judged = judgeSamples(many, [{ name: 'slow', score }]);
    for (let left = many.length; left > 0; left--) {
      // The last that was asked answers first.
      waiting.pop()?.();
      await new Promise(setImmediate);
    }
    const { scores } = await judged;
    expect(scores.map(([score]) => score?.value)).toEqual(many.map((_, i) => i));
    expect(most).toBe(64);
  });
});
