import { describe, expect, it } from 'vitest';
import { cosineScaled } from '../../../plugins/rewards/cosineScaled.ts';
import { format } from '../../../plugins/rewards/format.ts';
import { repetitionPenalty } from '../../../plugins/rewards/repetitionPenalty.ts';
import { softOverlong } from '../../../plugins/rewards/softOverlong.ts';
import { scoreOf } from './rewardSample.ts';

const ids = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('soft_overlong', () => {
  it('takes the limit of the rollout unless it has its own', async () => {
    const sample = { completionIds: ids(90), maxCompletionTokens: 100 };
    expect((await scoreOf(softOverlong, { soft_punish_cache: 20 }, sample)).value).toBe(-0.5);
    const own = { soft_punish_cache: 20, max_completion_len: 200 };
    expect((await scoreOf(softOverlong, own, sample)).value).toBe(0);
  });
});

describe('cosine_scaled', () => {
  it('scales right and wrong answers by their length', async () => {
    const sample = { completionIds: ids(50), reference: '2' };
    const right = await scoreOf(cosineScaled, {}, { ...sample, completion: '\\boxed{2}' });
    expect(right).toMatchObject({ value: 0.75, components: { correct: 1 } });
    const wrong = await scoreOf(cosineScaled, {}, { ...sample, completion: '\\boxed{3}' });
    expect(wrong).toMatchObject({ value: -0.75, components: { correct: 0 } });
  });

  it('masks a sample whose reference cannot be used', async () => {
    const score = await scoreOf(cosineScaled, {}, { completion: '\\boxed{2}', reference: 'two' });
    expect(score.value).toBeUndefined();
  });
});

describe('repetition_penalty', () => {
  it('counts the n-grams that occur before', async () => {
    const options = { ngram_size: 2, max_penalty: -1 };
    expect((await scoreOf(repetitionPenalty, options, { completionIds: [1, 2, 1, 2, 1] })).value).toBe(-0.5);
  });

  it('tells 1, 23 from 12, 3', async () => {
    const options = { ngram_size: 2, max_penalty: -1 };
    expect((await scoreOf(repetitionPenalty, options, { completionIds: [1, 23, 12, 3] })).value).toBe(0);
  });

  it('rejects a penalty above 0', () => {
    expect(repetitionPenalty.config.safeParse({ ngram_size: 2, max_penalty: 0.5 }).success).toBe(false);
  });
});

describe('format', () => {
  it('says what is wrong', async () => {
    const completion = '<think>1+1=2\\boxed{2}';
    expect(await scoreOf(format, {}, { completion })).toEqual({ value: 0, trace: '</think> is missing' });
  });
});
