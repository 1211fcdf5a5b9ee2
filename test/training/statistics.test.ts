import { describe, expect, it } from 'vitest';
import { RlvrError } from '../../core/errors.ts';
import { randomStream } from '../../core/tensor/random.ts';
import type { Interval } from '../../core/training/statistics.ts';
import {
  avgAtK,
  bootstrapInterval,
  pairedBootstrapDifference,
  passAtK,
  wilsonInterval,
} from '../../core/training/statistics.ts';

function subsets(size: number, k: number): number[][] {
  if (k === 0) {
    return [[]];
  }
  return Array.from({ length: size }, (_, last) => subsets(last, k - 1).map((rest) => [...rest, last])).flat();
}

/** The share of `rounds` simulated studies whose interval holds the truth. */
function coverage(rounds: number, truth: number, simulate: (round: number) => Interval): number {
  const intervals = Array.from({ length: rounds }, (_, round) => simulate(round));
  return intervals.filter(({ low, high }) => low <= truth && truth <= high).length / rounds;
}

describe('passAtK', () => {
  it('is the share of subsets of k samples that hold a correct one', () => {
    for (let samples = 1; samples <= 7; samples++) {
      for (let correct = 0; correct <= samples; correct++) {
        for (let k = 1; k <= samples; k++) {
          const all = subsets(samples, k);
          const expected = all.filter((subset) => subset.some((sample) => sample < correct)).length / all.length;
          expect(passAtK(samples, correct, k)).toBeCloseTo(expected, 13);
        }
      }
    }
  });

  it('is exact for many samples', () => {
    expect(passAtK(10_000, 1, 100)).toBeCloseTo(0.01, 14);
    expect(passAtK(64, 64, 8)).toBe(1);
    expect(passAtK(64, 0, 8)).toBe(0);
  });

  it.each([
    [0, 0, 1],
    [4, 5, 1],
    [4, -1, 1],
    [4, 2, 5],
    [4, 2, 0],
    [4, 1.5, 1],
  ])('refuses n = %d, c = %d, k = %d', (samples, correct, k) => {
    expect(() => passAtK(samples, correct, k)).toThrow(RlvrError);
  });
});

describe('avgAtK', () => {
  it('is the share of correct samples', () => {
    expect(avgAtK(4, 2)).toBe(0.5);
    expect(avgAtK(3, 0)).toBe(0);
    expect(() => avgAtK(2, 3)).toThrow('The number of correct samples must be a whole number from 0 to 2, not 3.');
    expect(() => avgAtK(0, 0)).toThrow(RlvrError);
  });
});

describe('wilsonInterval', () => {
  it('solves |p - mean| = z sqrt(p (1 - p) / n)', () => {
    const z = 1.959963984540054;
    for (const [successes, trials] of [
      [3, 10],
      [256, 512],
      [511, 512],
    ] as const) {
      const { low, high, mean } = wilsonInterval(successes, trials);
      for (const bound of [low, high]) {
        expect(Math.abs(bound - mean)).toBeCloseTo(z * Math.sqrt((bound * (1 - bound)) / trials), 13);
      }
    }
  });

  it('keeps a width at 0 and 1 and stays inside', () => {
    expect(wilsonInterval(0, 20)).toMatchObject({ low: 0, mean: 0 });
    expect(wilsonInterval(0, 20).high).toBeCloseTo(0.1611, 4);
    expect(wilsonInterval(20, 20)).toMatchObject({ high: 1, mean: 1 });
    expect(wilsonInterval(20, 20).low).toBeCloseTo(1 - 0.1611, 4);
  });

  it('refuses what is not a proportion or a level', () => {
    expect(() => wilsonInterval(3, 2)).toThrow(RlvrError);
    expect(() => wilsonInterval(0, 0)).toThrow(RlvrError);
    expect(() => wilsonInterval(1, 2, 1)).toThrow(RlvrError);
  });
});

describe('bootstrapInterval', () => {
  const skewed = Array.from(randomStream(3, 'skewed').normals(40), (value) => Math.exp(value));

  it('is a function of its seed and holds the mean', () => {
    const interval = bootstrapInterval(skewed, { seed: 1 });
    expect(bootstrapInterval(skewed, { seed: 1 })).toEqual(interval);
    expect(bootstrapInterval(skewed, { seed: 2 })).not.toEqual(interval);
    expect(interval.mean).toBeCloseTo(skewed.reduce((sum, value) => sum + value, 0) / 40, 14);
    expect(interval.low).toBeLessThan(interval.mean);
    expect(interval.high).toBeGreaterThan(interval.mean);
  });

  it('grows with the level', () => {
    const widths = [0.5, 0.8, 0.95, 0.99].map((level) => {
      const { low, high } = bootstrapInterval(skewed, { seed: 1, level });
      return high - low;
    });
    expect(widths).toEqual([...widths].sort((a, b) => a - b));
  });

  it.each(['bca', 'percentile'] as const)('moves and stretches with its values: %s', (method) => {
    const options = { seed: 1, resamples: 500, method };
    const { low, high } = bootstrapInterval(skewed, options);
    const moved = bootstrapInterval(
      skewed.map((value) => 5 - 2 * value),
      options,
    );
    const stretched = bootstrapInterval(
      skewed.map((value) => 5 + 2 * value),
      options,
    );
    expect(stretched.low).toBeCloseTo(5 + 2 * low, 10);
    expect(stretched.high).toBeCloseTo(5 + 2 * high, 10);
    expect(moved.low).toBeCloseTo(5 - 2 * high, method === 'bca' ? 1 : 10);
  });

  it('reaches further to the long side with bca than with percentiles', () => {
    const bca = bootstrapInterval(skewed, { seed: 1 });
    const percentile = bootstrapInterval(skewed, { seed: 1, method: 'percentile' });
    expect(bca.high).toBeGreaterThan(percentile.high);
    expect(bca.low).toBeGreaterThan(percentile.low);
  });

  it('has no width where all values are equal', () => {
    expect(bootstrapInterval([0.25, 0.25], { seed: 1 })).toEqual({ low: 0.25, high: 0.25, mean: 0.25 });
    expect(bootstrapInterval([0.1, 0.1, 0.1], { seed: 1 })).toMatchObject({ low: expect.closeTo(0.1, 12) as number });
    expect(bootstrapInterval([3], { seed: 1 })).toEqual({ low: 3, high: 3, mean: 3 });
  });

  it.each(['bca', 'percentile'] as const)('holds the truth about as often as it says: %s', (method) => {
    // Problems of uniform difficulty, four samples each, 60 problems: the truth is 0.5.
    const share = coverage(300, 0.5, (round) => {
      const random = randomStream(5, 'coverage', round);
      const scores = Array.from({ length: 60 }, () => {
        const ease = random.uniform();
        return avgAtK(4, Array.from({ length: 4 }, () => random.uniform()).filter((draw) => draw < ease).length);
      });
      return bootstrapInterval(scores, { seed: round, resamples: 300, level: 0.9, method });
    });
    expect(share).toBeGreaterThan(0.85);
    expect(share).toBeLessThan(0.95);
  });

  it('stays inside the resampled means where the correction has no bound', () => {
    const lone = Array.from({ length: 200 }, (_, index) => (index === 0 ? 1 : 0));
    const { low, high } = bootstrapInterval(lone, { seed: 1, resamples: 500, level: 0.9999999999 });
    expect(low).toBe(0);
    expect(high).toBeLessThan(0.06);
  });

  it('refuses nothing, NaN and options out of range', () => {
    expect(() => bootstrapInterval([], { seed: 1 })).toThrow('The number of problems');
    expect(() => bootstrapInterval([1, Number.NaN], { seed: 1 })).toThrow('The value of problem 1 is NaN');
    expect(() => bootstrapInterval([1], { seed: 1, level: 95 })).toThrow(RlvrError);
    expect(() => bootstrapInterval([1], { seed: 1, resamples: 0 })).toThrow(RlvrError);
    expect(() => bootstrapInterval([1, 2], { seed: -1 })).toThrow(RlvrError);
  });
});

describe('pairedBootstrapDifference', () => {
  it('holds the difference, narrower than unpaired sides', () => {
    const before = Array.from(randomStream(8, 'before').uniforms(200));
    const noise = randomStream(8, 'noise').normals(200);
    const after = before.map((value, index) => value + 0.1 + 0.02 * noise[index]!);
    const paired = pairedBootstrapDifference(before, after, { seed: 1, resamples: 1000 });
    const alone = bootstrapInterval(before, { seed: 1, resamples: 1000 });
    expect(paired.low).toBeLessThan(0.1);
    expect(paired.high).toBeGreaterThan(0.1);
    expect(paired.high - paired.low).toBeLessThan((alone.high - alone.low) / 5);
    expect(() => pairedBootstrapDifference([1], [1, 2], { seed: 1 })).toThrow('there are 1 and 2');
  });

  it('holds the truth about as often as it says', () => {
    const share = coverage(300, 0.05, (round) => {
      const random = randomStream(6, 'paired', round);
      const before = Array.from(random.normals(40));
      const gains = random.normals(40);
      const after = before.map((value, index) => value + 0.05 + 0.3 * gains[index]!);
      return pairedBootstrapDifference(before, after, { seed: round, resamples: 300, level: 0.9 });
    });
    expect(share).toBeGreaterThan(0.85);
    expect(share).toBeLessThan(0.95);
  });
});
