import { describe, expect, it } from 'vitest';
import { startLowRank } from '../../core/lowrank/initialise.ts';
import { lowRankScaling } from '../../core/lowrank/scaling.ts';
import { randomStream } from '../../core/tensor/random.ts';

const [out, inputs, rank] = [40, 900, 16];

function start(kind: boolean | 'gaussian'): ReturnType<typeof startLowRank> {
  return startLowRank(kind, [out, inputs], rank, randomStream(3, 'start'));
}

function deviation(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

describe('startLowRank', () => {
  it("starts A uniform within torch's bound and B at zero", () => {
    const { a, b } = start(true);
    const bound = 1 / Math.sqrt(inputs);
    expect(a).toHaveLength(rank * inputs);
    expect(a.every((value) => Math.abs(value) <= bound)).toBe(true);
    expect(deviation(a) / bound).toBeCloseTo(1 / Math.sqrt(3), 2);
    expect(b).toEqual(new Float32Array(out * rank));
  });

  it('starts A normal with deviation 1/r', () => {
    const { a, b } = start('gaussian');
    expect(deviation(a) * rank).toBeCloseTo(1, 1);
    expect(b.every((value) => value === 0)).toBe(true);
  });

  it('starts both uniform where the start is to be no identity', () => {
    const { b } = start(false);
    const bound = 1 / Math.sqrt(rank);
    expect(b.every((value) => Math.abs(value) <= bound)).toBe(true);
    expect(deviation(b) / bound).toBeCloseTo(1 / Math.sqrt(3), 1);
  });

  it('depends on the random numbers alone', () => {
    expect(start(false)).toEqual(start(false));
  });
});

describe('lowRankScaling', () => {
  it('divides by the rank, or by its root', () => {
    expect(lowRankScaling(32, 16, false)).toBe(2);
    expect(lowRankScaling(32, 16, true)).toBe(8);
  });
});
