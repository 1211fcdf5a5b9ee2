import { describe, expect, it } from 'vitest';
import { accuracyInterval } from '../../core/training/accuracyInterval.ts';
import { bootstrapInterval, wilsonInterval } from '../../core/training/statistics.ts';

describe('accuracyInterval', () => {
  it('is a bootstrap over problems', () => {
    const shares = [0, 0.25, 0.5, 1, 0.75, 0, 1, 0.25];
    expect(accuracyInterval(shares, 7)).toEqual(bootstrapInterval(shares, { seed: 7, resamples: 2000, level: 0.95 }));
    const equal = [0.5, 0.5, 0.5];
    expect(accuracyInterval(equal, 7)).toEqual({ low: 0.5, high: 0.5, mean: 0.5 });
  });

  it('keeps a width where all problems are wrong, or all are right', () => {
    expect(accuracyInterval(Array<number>(16).fill(0), 7)).toEqual(wilsonInterval(0, 16));
    expect(accuracyInterval([0, 0, 0, 0], 7).high).toBeGreaterThan(0.4);
    expect(accuracyInterval([1, 1, 1, 1], 7)).toEqual(wilsonInterval(4, 4));
  });
});
