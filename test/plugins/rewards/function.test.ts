import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { RewardFunction, RewardSample } from '../../../core/contracts/reward.ts';
import { functionReward } from '../../../plugins/rewards/function.ts';

const baseFolder = fileURLToPath(new URL('./functions', import.meta.url));

function scoreFunction(options: Readonly<Record<string, unknown>>): RewardFunction {
  return functionReward.create(functionReward.config.parse(options), { baseFolder });
}

function sample(part: Partial<RewardSample>): RewardSample {
  return {
    prompt: 'p'.repeat(50),
    completion: '',
    completionIds: [1, 2, 3],
    finished: true,
    reference: '7',
    maxCompletionTokens: 12,
    ...part,
  };
}

describe.each(['functions.ts', 'functions.py'])('a function of %s', (file) => {
  const isPython = file.endsWith('.py');

  it('is given prompt, completion, reference and the rest', async () => {
    const score = scoreFunction({ file });
    const expected = (right: number, finished: number): number => right + 0.25 + (isPython ? 0 : 0.5 + 10 * finished);
    expect(await score(sample({ completion: 'it is 7' }))).toEqual({ value: expected(1, 1) });
    expect(await score(sample({ completion: 'it is 8', finished: false }))).toEqual({ value: expected(0, 0) });
  });

  it('may give a promise, or print and take three arguments and give a truth value', async () => {
    const score = scoreFunction({ file, export: isPython ? 'three' : 'later' });
    expect(await score(sample({ completion: '7' }))).toEqual({ value: isPython ? 1 : 0.25 });
  });

  it('that fails says how, and is asked again in a new process', async () => {
    const score = scoreFunction({ file, export: 'bad', seconds: 0.5 });
    const outcome = async (completion: string): Promise<unknown> => {
      try {
        return (await score(sample({ completion }))).value;
      } catch (error) {
        return (error as Error).message.replace(/^The function "bad" of \S+ /, '');
      }
    };
    // All at once: each call has an answer of its own.
    const asked = ['0.5', 'nothing', 'throw', 'loop', 'block', 'exit', 'text', 'nan', '1e999', '2'];
    const asWritten = isPython ? asked : asked.map((text) => (text === 'nan' ? 'NaN' : text));
    const answers = await Promise.all(asWritten.map(outcome));
    expect(Object.fromEntries(asked.map((text, i) => [text, answers[i]]))).toEqual({
      '0.5': 0.5,
      nothing: undefined,
      throw: isPython ? 'threw: ValueError: no such luck.' : 'threw: no such luck.',
      loop: 'did not return within 0.5 s.',
      block: 'did not return within 0.5 s.',
      exit: 'its process ended.',
      text: isPython ? 'gave a str.' : 'gave a string.',
      nan: isPython ? 'gave nan.' : 'gave NaN.',
      '1e999': isPython ? 'gave inf.' : 'gave Infinity.',
      '2': 2,
    });
    if (!isPython) expect(await outcome('never')).toBe('did not return within 0.5 s.');
    expect(await outcome('3')).toBe(3);
  });

  it('that is not there is named, with what is', async () => {
    const failing = scoreFunction({ file, export: 'notAFunction' })(sample({}));
    await expect(failing).rejects.toThrow(
      isPython
        ? /cannot be loaded: .*no function "notAFunction"/
        : /no function "notAFunction"; it exports .*later.*reward/,
    );
  });
});

describe('a file', () => {
  it('that is missing, or of another kind, is refused before anything starts', () => {
    expect(() => scoreFunction({ file: 'missing.ts' })).toThrow(/functions\/missing\.ts: there is no such file/);
    expect(() => scoreFunction({ file: 'reward.wasm' })).toThrow(/expected a file that ends in/);
  });

  it('is hashed into the run', () => {
    const config = functionReward.config.parse({ file: 'functions.ts' });
    expect(functionReward.files?.(config, { baseFolder })).toEqual([`${baseFolder}/functions.ts`]);
  });
});
