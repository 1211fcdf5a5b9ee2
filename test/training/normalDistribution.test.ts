import { describe, expect, it } from 'vitest';
import { normalProbability, normalQuantile } from '../../core/training/normalDistribution.ts';

describe('normalProbability', () => {
  // 0.5 erfc(-x / sqrt 2) by the C library, to its 13 digits or more.
  it.each([
    [-8, 6.220960574271784e-16],
    [-3, 0.001349898031630095],
    [-1.959963984540054, 0.025],
    [0, 0.5],
    [1, 0.8413447460685429],
    [2.999, 0.9986456634662729],
    [5, 0.9999997133484281],
  ])('of %d is %d', (x, expected) => {
    expect(Math.abs(normalProbability(x) / expected - 1)).toBeLessThan(1e-13);
  });

  it('has no step where the series gives way to the fraction', () => {
    for (let x = 2.9; x < 3.1; x += 0.001) {
      expect(normalProbability(-x) + normalProbability(x)).toBeCloseTo(1, 15);
      expect(normalProbability(-x)).toBeGreaterThan(normalProbability(-x - 0.001));
    }
    expect(Math.abs(normalProbability(-3 + 1e-12) / normalProbability(-3 - 1e-12) - 1)).toBeLessThan(1e-11);
  });
});

describe('normalQuantile', () => {
  it('is the inverse', () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 13);
    for (const probability of [1e-300, 1e-12, 0.001, 0.3, 0.5, 0.7, 0.999]) {
      expect(Math.abs(normalProbability(normalQuantile(probability)) / probability - 1)).toBeLessThan(1e-12);
    }
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });
});
