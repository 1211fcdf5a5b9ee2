import { describe, expect, it } from 'vitest';
import type { GroupAdvantageOptions } from '../../core/training/advantage.ts';
import { groupAdvantages, leaveOneOutAdvantages, lengthMetrics, rewardMetrics } from '../../core/training/advantage.ts';

const byGroup: GroupAdvantageOptions = { scaleRewards: 'group', aggregation: 'sum_then_normalize' };
const everyOption: GroupAdvantageOptions[] = (['group', 'batch', 'none'] as const).flatMap((scaleRewards) =>
  (['sum_then_normalize', 'normalize_then_sum'] as const).map((aggregation) => ({ scaleRewards, aggregation })),
);

function column(...values: number[]): number[][] {
  return values.map((value) => [value]);
}

describe('groupAdvantages', () => {
  it.each(everyOption)('gives exactly 0 to groups of equal rewards: $scaleRewards, $aggregation', (options) => {
    const batch = { rewards: column(0.1, 0.1, 0.1, 0.1, 0.1, 0.1), weights: [1], groupSize: 3 };
    const result = groupAdvantages(batch, options);
    expect([...result.advantages]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(result.zeroSpread).toBe(1);
  });

  it.each(everyOption)('gives 0 where nothing is known: $scaleRewards, $aggregation', (options) => {
    const batch = { rewards: column(Number.NaN, Number.NaN), weights: [1], groupSize: 2 };
    const result = groupAdvantages(batch, options);
    expect([...result.advantages]).toEqual([0, 0]);
    expect(rewardMetrics(batch, ['exact'], result)).toEqual({
      'rewards/exact/mean': Number.NaN,
      'rewards/exact/std': Number.NaN,
      reward: Number.NaN,
      reward_std: Number.NaN,
      frac_reward_zero_std: 0,
    });
  });

  it('leaves groups that are all right or all wrong without a signal and says so', () => {
    const batch = { rewards: column(1, 1, 0, 1, 0, 0), weights: [1], groupSize: 2 };
    const { advantages, zeroSpread } = groupAdvantages(batch, byGroup);
    expect([...advantages.slice(0, 2), ...advantages.slice(4)]).toEqual([0, 0, 0, 0]);
    expect(advantages[3]).toBeCloseTo(0.5 / (Math.SQRT1_2 + 1e-4), 12);
    expect(zeroSpread).toBeCloseTo(2 / 3, 12);
  });

  it('gives 0 in groups of one, as in an evaluation', () => {
    const batch = { rewards: column(1, 0), weights: [1], groupSize: 1 };
    expect([...groupAdvantages(batch, byGroup).advantages]).toEqual([0, 0]);
    expect([...leaveOneOutAdvantages(batch, { normalizeAdvantages: false, beta: 0 }).advantages]).toEqual([0, 0]);
  });

  it.each([
    { rewards: column(1, 2, 3), weights: [1], groupSize: 2 },
    { rewards: [], weights: [1], groupSize: 2 },
    { rewards: column(1, 2), weights: [1], groupSize: 0 },
    { rewards: column(1, 2), weights: [1, 1], groupSize: 2 },
  ])('refuses a batch that does not fit: %j', (batch) => {
    expect(() => groupAdvantages(batch, byGroup)).toThrow(expect.objectContaining({ code: 'config/invalid' }) as Error);
  });

  it('refuses an infinite reward and says where it is', () => {
    const batch = { rewards: column(1, Number.NEGATIVE_INFINITY), weights: [1], groupSize: 2 };
    const expected = { code: 'training/not-finite', fields: { row: 1, reward: 0 } };
    expect(() => groupAdvantages(batch, byGroup)).toThrow(expect.objectContaining(expected) as Error);
  });
});

describe('leaveOneOutAdvantages', () => {
  it('subtracts the mean of the others, KL included', () => {
    const batch = { rewards: column(1, 0, 0), weights: [2], groupSize: 3 };
    const referenceLogRatios = [[0.5, 0.5], [0], []];
    const result = leaveOneOutAdvantages(batch, { normalizeAdvantages: false, beta: 0.1, referenceLogRatios });
    expect([...result.advantages].map((value) => Number(value.toFixed(12)))).toEqual([1.9, -0.95, -0.95]);
    expect(result.kl).toBeCloseTo(1 / 3, 12);
  });

  it('needs log-ratios when the KL has a weight', () => {
    const batch = { rewards: column(1, 0), weights: [1], groupSize: 2 };
    const expected = expect.objectContaining({ code: 'config/invalid' }) as Error;
    expect(() => leaveOneOutAdvantages(batch, { normalizeAdvantages: false, beta: 0.1 })).toThrow(expected);
  });
});

describe('lengthMetrics', () => {
  it('is 0 for terminated lengths where nothing terminated', () => {
    expect(lengthMetrics([3, 5], [false, false])).toMatchObject({
      'completions/mean_terminated_length': 0,
      'completions/clipped_ratio': 1,
    });
  });
});
