import { describe, expect, it } from 'vitest';
import { linearAxis, logarithmicAxis } from '../../core/report/axis.ts';

const span = { from: 100, to: 0 };

describe('linearAxis', () => {
  it('ends on round ticks around the values', () => {
    const { ticks, place } = linearAxis(0.13, 0.87, span);
    expect(ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect([place(0), place(0.5), place(1)]).toEqual([100, 50, 0]);
  });

  it('ends exactly where it is told to', () => {
    const { ticks, place } = linearAxis(0, 7, { from: 0, to: 70 }, { count: 4, exact: true });
    expect(ticks).toEqual([0, 2, 4, 6]);
    expect(place(7)).toBe(70);
  });

  it.each([
    [0, 0],
    [5, 5],
    [-3, -3],
    [1e-12, 1e-12],
    [-1e300, 1e300],
    [1e9, 1e9 + 1e-3],
  ])('has a place for every value from %s to %s', (lowest, highest) => {
    const { ticks, place } = linearAxis(lowest, highest, span);
    expect(ticks.length).toBeGreaterThan(1);
    expect(ticks.length).toBeLessThan(12);
    expect(new Set(ticks).size).toBe(ticks.length);
    for (const value of [lowest, highest]) {
      expect(place(value)).toBeGreaterThanOrEqual(-1e-9);
      expect(place(value)).toBeLessThanOrEqual(100 + 1e-9);
    }
  });

  it('does not go below 0 for what is always 0', () => {
    expect(linearAxis(0, 0, span).ticks[0]).toBe(0);
  });
});

describe('logarithmicAxis', () => {
  it('has a tick for each power of ten, and no place for 0', () => {
    const { ticks, place } = logarithmicAxis(2e-7, 1e-4, span);
    expect(ticks.map((tick) => Math.round(Math.log10(tick)))).toEqual([-7, -6, -5, -4]);
    expect(place(1e-7)).toBeCloseTo(100, 9);
    expect(place(1e-4)).toBeCloseTo(0, 9);
    expect(place(0)).toBeUndefined();
  });

  it('leaves out ticks over many powers', () => {
    expect(logarithmicAxis(1e-30, 1, span).ticks.length).toBeLessThan(8);
  });
});
