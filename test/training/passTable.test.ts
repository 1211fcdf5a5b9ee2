import { describe, expect, it } from 'vitest';
import { passTable } from '../../core/training/passTable.ts';

describe('passTable', () => {
  it('leaves out problems of which nothing, or too little, could be judged', () => {
    const counts = [
      { judged: 2, correct: 1 },
      { judged: 1, correct: 1 },
      { judged: 0, correct: 0 },
    ];
    expect(passTable(counts, 1).map(({ k, value }) => [k, value])).toEqual([
      [1, 0.75],
      [2, 1],
    ]);
  });

  it('is the mean over problems of the unbiased estimate', () => {
    const counts = [0, 1, 2, 6].map((correct) => ({ judged: 6, correct }));
    const table = passTable(counts, 1);
    expect(table.map(({ k }) => k)).toEqual([1, 2, 4, 6]);
    // 1 - C(6 - c, k) / C(6, k)
    const expected = [
      (0 + 1 / 6 + 2 / 6 + 1) / 4,
      (0 + 5 / 15 + 9 / 15 + 1) / 4,
      (0 + 10 / 15 + 14 / 15 + 1) / 4,
      (0 + 1 + 1 + 1) / 4,
    ];
    for (const [index, { value, low, high }] of table.entries()) {
      expect(value).toBeCloseTo(expected[index]!, 12);
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
    }
  });

  it('is empty without problems', () => {
    expect(passTable([], 1)).toEqual([]);
  });
});
