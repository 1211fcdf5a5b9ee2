import { z } from 'zod';
import type { Reward, RewardFunction } from '../../core/contracts/reward.ts';
import type { JudgedSamples, WrongPlugin } from './wrongPlugin.ts';

const sound: Reward = {
  id: 'sound',
  summary: 'Whether the reference is in the completion',
  source: 'this test',
  config: z.strictObject({}),
  create:
    () =>
    ({ completion, reference }) => ({ value: Number(completion.includes(reference)), components: { length: 1 } }),
};

const hostile =
  'judges hostile completions and references with finite numbers, the same way twice, and leaves them as they were';
const alone = 'looks at nothing but the sample: the order of asking does not matter';

function wrong(
  description: string,
  create: () => RewardFunction,
  fails: readonly string[],
  message: RegExp,
): WrongPlugin {
  return { wrong: description, judged: { kind: 'reward', plugin: { ...sound, create } }, fails, message };
}

let scores = 0;

/** Rewards. */
export const rewards: JudgedSamples = {
  kind: 'reward',
  sound: { kind: 'reward', plugin: sound },
  wrong: [
    wrong(
      'gives NaN',
      () =>
        ({ completion }) => ({ value: completion === '' ? NaN : 0 }),
      [hostile],
      /reward "sound", method score: its value is NaN, expected a finite number/,
    ),
    wrong(
      'has a component without a value',
      () =>
        ({ completion }) => ({ value: 0, components: completion === '' ? { length: undefined as never } : {} }),
      [hostile],
      /method score: its length is undefined, expected a finite number/,
    ),
    wrong(
      'gives a number alone',
      () =>
        ({ completion }) =>
          completion === '' ? (3 as never) : { value: 0 },
      [hostile],
      /method score: it is 3, expected an object/,
    ),
    wrong(
      'gives something else each time',
      () => () => ({ value: (scores += 1) }),
      [hostile, alone],
      /method score: it gives \{"value":\d+\} and then \{"value":\d+\} where the completion is nothing/,
    ),
    wrong(
      'compares with the sample before',
      () => {
        let before = '';
        return ({ completion }) => {
          const value = Number(completion === before);
          before = completion === 'two' || completion === '2' ? '2' : '';
          return { value };
        };
      },
      [alone],
      /method score: "2" gets \{"value":0\}, asked in another order \{"value":1\}|"two" gets/,
    ),
    wrong(
      'writes to the sample',
      () => (sample) => {
        (sample as { prompt: string }).prompt = '';
        return { value: 0 };
      },
      [hostile, alone],
      /method score failed: Cannot assign to read only property 'prompt'/,
    ),
  ],
};
