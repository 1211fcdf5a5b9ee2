import { describe, expect, it } from 'vitest';
import type { AdvantageDetails, AdvantageEstimator } from '../../core/contracts/objective.ts';
import { randomStream } from '../../core/tensor/random.ts';
import type { AdvantageResult, ScoredBatch } from '../../core/training/advantage.ts';
import { estimateAdvantages } from '../../core/training/estimateAdvantages.ts';
import { expectClose } from '../closeness.ts';

const lengths = [3, 1, 4, 2, 5, 2];
const random = randomStream(5, 'advantages');
const rows = lengths.map((length, i) => ({
  ids: Array.from({ length }, () => 1),
  policyLogps: Array.from(random.normals(length), (z) => z - 2),
  referenceLogps: Array.from(random.normals(length), (z) => z - 2),
  active: i !== 3,
}));
const rewards = [1, 0.25, 0.5, 0, 2, -1];
const batch: ScoredBatch = { rewards: rewards.map((reward) => [reward]), weights: [2], groupSize: 3 };

function estimate(advantage: AdvantageEstimator, advantageDetails: AdvantageDetails, given = batch): AdvantageResult {
  const options = { scaleRewards: 'none', aggregation: 'sum_then_normalize' } as const;
  return estimateAdvantages(given, rows, { advantage, advantageDetails }, options);
}

/** log-probability under the policy minus that under the reference. */
function ratio(row: number, token: number): number {
  return rows[row]!.policyLogps[token]! - rows[row]!.referenceLogps[token]!;
}

/** REINFORCE++ as its paper writes it, sum by sum: returns, then normalised over the tokens that count. */
function expectedGlobal(
  rewardOf: (row: number) => number,
  klOf: (row: number, token: number) => number,
): readonly (readonly number[])[] {
  const returns = lengths.map((length, row) =>
    Array.from({ length }, (_, token) => {
      let rest = rewardOf(row);
      for (let later = token; later < length; later++) rest -= rows[row]!.active ? klOf(row, later) : 0;
      return rest;
    }),
  );
  const counted = returns.filter((_, row) => rows[row]!.active).flat();
  const mean = counted.reduce((total, value) => total + value, 0) / counted.length;
  const variance = counted.reduce((total, value) => total + (value - mean) ** 2, 0) / (counted.length - 1);
  return returns.map((row) => row.map((value) => (value - mean) / Math.sqrt(variance + 1e-8)));
}

function expectTokens(
  { tokenAdvantages, advantages }: AdvantageResult,
  expected: readonly (readonly number[])[],
): void {
  expected.forEach((row, i) => {
    expectClose(tokenAdvantages?.[i], row, 1e-9, `row ${i}`);
    expectClose(
      [advantages[i]!],
      [row.reduce((total, value) => total + value, 0) / row.length],
      1e-9,
      `mean of row ${i}`,
    );
  });
}

describe('estimateAdvantages', () => {
  it('global: normalises over the tokens that take part in the loss', () => {
    const result = estimate('global', {});
    expectTokens(
      result,
      expectedGlobal(
        (row) => 2 * rewards[row]!,
        () => 0,
      ),
    );
    expect(result.kl).toBeUndefined();
    const counted = result.tokenAdvantages!.filter((_, i) => rows[i]!.active).flatMap((row) => [...row]);
    expect(counted.reduce((total, value) => total + value, 0)).toBeCloseTo(0, 9);
  });

  it('global: takes the KL of a token and all later ones out of its return', () => {
    const result = estimate('global', { rewardKl: { beta: 0.3, estimator: 'k1' } });
    expectTokens(
      result,
      expectedGlobal(
        (row) => 2 * rewards[row]!,
        (row, token) => 0.3 * ratio(row, token),
      ),
    );
    const kls = rows.flatMap(({ active, ids }, row) => (active ? ids.map((_, token) => ratio(row, token)) : []));
    expect(result.kl).toBeCloseTo(kls.reduce((total, value) => total + value, 0) / kls.length, 12);
  });

  it.each([
    ['abs', (r: number) => Math.abs(r)],
    ['k2', (r: number) => r ** 2 / 2],
    ['k3', (r: number) => Math.exp(-r) + r - 1],
  ] as const)('global: estimates the KL by %s', (estimator, of) => {
    const result = estimate('global', { rewardKl: { beta: 0.3, estimator } });
    expectTokens(
      result,
      expectedGlobal(
        (row) => 2 * rewards[row]!,
        (row, token) => 0.3 * of(ratio(row, token)),
      ),
    );
  });

  it('global: takes the mean of the group off first, within the bounds of rewards', () => {
    const bounded = rewards.map((reward) => Math.min(1, Math.max(0, 2 * reward)));
    const mean = (row: number): number => {
      const start = row - (row % 3);
      return (bounded[start]! + bounded[start + 1]! + bounded[start + 2]!) / 3;
    };
    const result = estimate('global', { baseline: 'group', rewardClipRange: [0, 1] });
    expectTokens(
      result,
      expectedGlobal(
        (row) => bounded[row]! - mean(row),
        () => 0,
      ),
    );
  });

  it('global: gives exactly 0 where nothing spreads, nothing is known or a row is not judged', () => {
    const of = (values: readonly number[]): AdvantageResult =>
      estimate('global', {}, { ...batch, rewards: values.map((value) => [value]) });
    expect([...of([0.1, 0.1, 0.1, 0.1, 0.1, 0.1]).advantages]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...of([NaN, NaN, NaN, NaN, NaN, NaN]).advantages]).toEqual([0, 0, 0, 0, 0, 0]);
    const { advantages, tokenAdvantages } = of([1, NaN, 0, 0, 0, 0]);
    expect([advantages[1], ...tokenAdvantages![1]!]).toEqual([0, 0]);
    expect(advantages.every(Number.isFinite)).toBe(true);
  });

  it('rloo: the KL of masked completions does not count', () => {
    const { advantages, kl } = estimate('rloo', { rewardKl: { beta: 0.1, estimator: 'k1' } });
    const sums = rows.map(({ active, ids }, row) =>
      active ? ids.reduce((total, _, token) => total + ratio(row, token), 0) : 0,
    );
    const scores = rewards.map((reward, row) => 2 * reward - 0.1 * sums[row]!);
    const expected = scores.map((score, row) => {
      const start = row - (row % 3);
      const others = [start, start + 1, start + 2].filter((other) => other !== row);
      return score - others.reduce((total, other) => total + scores[other]!, 0) / 2;
    });
    expectClose(advantages, expected, 1e-12, 'advantages');
    expect(kl).toBeCloseTo(sums.reduce((total, value) => total + value, 0) / 15, 12);
  });

  it('group: grows by what groups without spread leave idle, where that is asked for', () => {
    const given = { ...batch, rewards: [[1], [1], [1], [0], [2], [1]] };
    expectClose(estimate('group', {}, given).advantages, [0, 0, 0, -2, 2, 0], 1e-12, 'advantages');
    expectClose(
      estimate('group', { compensatesIdleGroups: true }, given).advantages,
      [0, 0, 0, -4, 4, 0],
      1e-12,
      'compensated',
    );
    const idle = { ...batch, rewards: [[1], [1], [1], [0], [0], [0]] };
    expect([...estimate('group', { compensatesIdleGroups: true }, idle).advantages]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('supervised: every demonstration counts alike', () => {
    expect([...estimate('supervised', {}).advantages]).toEqual([1, 1, 1, 1, 1, 1]);
  });
});
