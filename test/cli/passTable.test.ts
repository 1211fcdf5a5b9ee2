import { describe, expect, it } from 'vitest';
import { countByProblem, passTable } from '../../cli/passTable.ts';
import type { EvaluatedCompletion } from '../../core/training/evaluate.ts';

const problem = (id: string, family: string): EvaluatedCompletion['prompt'] => ({
  problem: { id, question: '', reference: '', family },
  text: '',
  ids: [],
});
const judged = (prompt: EvaluatedCompletion['prompt'], correct: boolean | undefined): EvaluatedCompletion => ({
  prompt,
  text: '',
  correct,
  completion: { prompt: 0, ids: [], logps: [], filteredLogps: [], entropy: 0, finished: true },
});

describe('passTable', () => {
  it('counts right answers by problem, and leaves out what could not be judged', () => {
    const [a, b, c] = [problem('a', 'x'), problem('b', 'y'), problem('c', 'x')];
    const rows = [judged(a, true), judged(a, false), judged(b, undefined), judged(b, true), judged(c, undefined)];
    expect(countByProblem(rows)).toEqual([
      { family: 'x', samples: 2, correct: 1 },
      { family: 'y', samples: 1, correct: 1 },
    ]);
  });

  it('is the mean over problems of the unbiased estimate', () => {
    const counts = [0, 1, 2, 6].map((correct) => ({ family: 'x', samples: 6, correct }));
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
