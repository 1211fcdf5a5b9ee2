import { describe, expect, it } from 'vitest';
import { lowRankScaling } from '../../core/lowrank/scaling.ts';

describe('lowRankScaling', () => {
  it('divides by the rank, or by its root', () => {
    expect(lowRankScaling(32, 16, false)).toBe(2);
    expect(lowRankScaling(32, 16, true)).toBe(8);
  });
});
