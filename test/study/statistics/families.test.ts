import { describe, expect, it } from 'vitest';
import { holmAdjusted, testableInFamily } from '../../../core/study/statistics/holm.ts';
import { detectableDifference, differenceDeviation } from '../../../core/study/statistics/power.ts';
import { signFlipTest, smallestSignFlipP } from '../../../core/study/statistics/signFlip.ts';

describe('Holm’s correction', () => {
  it('adjusts step by step, in the order given, and never falls', () => {
    expect(holmAdjusted([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holmAdjusted([0.9, 0.8])).toEqual([1, 1]);
    expect(holmAdjusted([])).toEqual([]);
  });

  it('takes out of the family what the design cannot decide', () => {
    expect(testableInFamily([0.25, 0.25, 0.25], 0.05)).toEqual([false, false, false]);
    expect(
      testableInFamily(
        Array.from({ length: 25 }, () => smallestSignFlipP(10)),
        0.05,
      ),
    ).not.toContain(false);
    expect(
      testableInFamily(
        Array.from({ length: 26 }, () => smallestSignFlipP(10)),
        0.05,
      ),
    ).not.toContain(true);
    expect(testableInFamily([1 / 512, 0.25, 1 / 512], 0.05)).toEqual([true, false, true]);
  });
});

describe('the sign-flip test', () => {
  it.each([
    [3, 0.25],
    [6, 0.03125],
    [9, 0.00390625],
  ])('of %d pairs gives %d at least', (pairs, p) => {
    expect(smallestSignFlipP(pairs)).toBe(p);
    expect(signFlipTest(Array.from({ length: pairs }, (_, index) => 1 + index / 7)).p).toBe(p);
  });

  it('is drawn, seeded, where there are too many assignments to count', () => {
    const differences = Array.from({ length: 30 }, (_, index) => (index % 3) - 0.8);
    const found = signFlipTest(differences, 5);
    expect(found.method).toBe('drawn');
    expect(signFlipTest(differences, 5)).toEqual(found);
    expect(Math.abs(found.p - signFlipTest(differences, 6).p)).toBeLessThan(0.03);
  });

  it('refuses what is no number, and nothing', () => {
    expect(() => signFlipTest([])).toThrow('at least one pair');
    expect(() => signFlipTest([1, Number.NaN])).toThrow('The difference of pair 1 is NaN');
  });
});

describe('the smallest detectable difference', () => {
  it('is that of published tables of power', () => {
    // G*Power, paired t test, two-sided 0.05, power 0.8: n = 10 needs d = 0.996, n = 34 needs d = 0.495.
    expect(detectableDifference({ seeds: 10, deviation: 1, alpha: 0.05 })).toBeCloseTo(0.996, 2);
    expect(detectableDifference({ seeds: 34, deviation: 1, alpha: 0.05 })).toBeCloseTo(0.495, 2);
  });

  it('grows with the spread and the number of tests, and needs two seeds', () => {
    const at = (alpha: number): number => detectableDifference({ seeds: 10, deviation: 0.03, alpha }) ?? 0;
    expect(at(0.05 / 12)).toBeGreaterThan(at(0.05));
    expect(detectableDifference({ seeds: 1, deviation: 1, alpha: 0.05 })).toBeUndefined();
    expect(differenceDeviation(3)).toBeCloseTo(3 * Math.SQRT2, 12);
    expect(() => detectableDifference({ seeds: 3, deviation: -1, alpha: 0.05 })).toThrow('must be 0 or above');
    expect(() => detectableDifference({ seeds: 3, deviation: 1, alpha: 0.9 })).toThrow('0 < level < power < 1');
  });
});
