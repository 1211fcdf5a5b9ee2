import { describe, expect, it } from 'vitest';
import { summarise } from '../../core/report/chartFigure.ts';
import { selectCompletions, selectSteps } from '../../core/report/selectCompletions.ts';
import { readSeries, thinPoints } from '../../core/report/series.ts';
import type { CompletionRow } from '../../core/runs/completions.ts';

const lines = [1, 2, 3].map((step) => ({
  step,
  metrics: { loss: step / 10, spread: 0.1, ...(step === 2 ? { rare: NaN } : {}) },
}));

describe('readSeries', () => {
  it('takes the steps that have the metric', () => {
    expect(readSeries(lines, { label: 'loss', metric: 'loss' })?.points).toEqual([
      { step: 1, value: 0.1 },
      { step: 2, value: 0.2 },
      { step: 3, value: 0.3 },
    ]);
    expect(readSeries(lines, { label: 'x', metric: 'none' })).toBeUndefined();
    expect(readSeries(lines, { label: 'x', metric: 'rare' })).toBeUndefined();
  });

  it('puts a deviation around the value', () => {
    const series = readSeries(lines, { label: 'loss', metric: 'loss', range: { deviation: 'spread' } });
    expect(series?.range).toBe('band');
    expect(series?.points[0]).toEqual({ step: 1, value: 0.1, low: 0, high: 0.2 });
  });
});

describe('thinPoints', () => {
  it('loses no spike and no end', () => {
    const points = Array.from({ length: 10_000 }, (_, step) => ({
      step,
      value: step === 4321 ? 99 : step === 6 ? -99 : 0,
    }));
    const kept = thinPoints(points);
    expect(kept.length).toBeLessThanOrEqual(401);
    expect(kept.map(({ value }) => value)).toEqual(expect.arrayContaining([99, -99]));
    expect(kept.at(-1)?.step).toBe(9999);
    expect(kept.every((point, index) => index === 0 || point.step > (kept[index - 1]?.step ?? 0))).toBe(true);
  });
});

describe('summarise', () => {
  it('says where a series began and ended, and its extremes', () => {
    const points = Array.from({ length: 40 }, (_, index) => ({
      step: index + 1,
      value: index === 20 ? 7 : index / 40,
    }));
    expect(summarise({ label: 'reward', points }, 'plain', true)).toBe(
      'reward: 0.05 in the first 5 steps, 0.925 in the last 5; lowest 0 (step 1), highest 7 (step 21).',
    );
    expect(summarise({ label: 'x', points: points.slice(0, 2) }, 'plain', false)).toBe('0 at step 1, 0.025 at step 2.');
  });
});

describe('completions that are shown', () => {
  const row = (index: number, reward: number | undefined, changes: Partial<CompletionRow> = {}): CompletionRow => ({
    step: 1,
    prompt: 'p',
    completion: String(index),
    rewards: { right: reward, short: 1 },
    advantage: index,
    problemId: String(index),
    finished: true,
    tokens: 10 + index,
    ...changes,
  });

  it('are the best, the worst, the longest and one that was cut off, in the order of the rows', () => {
    const rows = [0, 0, 1, 1, 1, 1, 0, 0].map((reward, index) => row(index, reward, { finished: index !== 3 }));
    const chosen = selectCompletions(rows, { right: 1, short: 0.5 });
    expect(chosen.map(({ row: { completion }, total, reasons }) => [completion, total, reasons])).toEqual([
      ['0', 0.5, ['worst']],
      ['1', 0.5, ['worst']],
      ['3', 1.5, ['best', 'truncated']],
      ['4', 1.5, ['best']],
      ['5', 1.5, ['best']],
      ['7', 0.5, ['longest']],
    ]);
  });

  it('have no sum where no reward could judge', () => {
    const [only] = selectCompletions([{ ...row(0, undefined), rewards: { right: undefined }, finished: false }], {});
    expect(only?.total).toBeUndefined();
    expect(only?.reasons).toEqual(['longest', 'truncated']);
  });

  it('come from the first, the last and steps evenly between', () => {
    expect(selectSteps([3, 4])).toEqual([3, 4]);
    expect(selectSteps(Array.from({ length: 101 }, (_, step) => step))).toEqual([0, 20, 40, 60, 80, 100]);
  });
});
