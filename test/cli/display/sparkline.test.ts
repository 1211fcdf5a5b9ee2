import { describe, expect, it } from 'vitest';
import { progressBar, sparkline } from '../../../cli/display/sparkline.ts';

describe('sparkline', () => {
  it.each([
    ['rises', [0, 1, 2, 3, 4, 5, 6, 7], '▁▂▃▄▅▆▇█'],
    ['leaves out what is no number', [0, Number.NaN, 1], '▁ █'],
    ['has one level for equal values', [3, 3], '▅▅'],
    ['is empty for nothing', [], ''],
  ])('%s', (_, values, line) => {
    expect(sparkline(values, { width: 10, hasUnicode: true })).toBe(line);
  });

  it('takes the mean of several where there is no room', () => {
    expect(sparkline([0, 2, 4, 6], { width: 2, hasUnicode: true })).toBe('▁█');
    expect(
      sparkline(
        Array.from({ length: 1000 }, (_, index) => index),
        { width: 40, hasUnicode: false },
      ),
    ).toHaveLength(40);
  });

  it('has the levels of a range where one is given', () => {
    expect(sparkline([0, 0.5, 2], { width: 3, hasUnicode: true, range: [0, 1] })).toBe('▁▅█');
  });
});

describe('progressBar', () => {
  it.each([
    [0, '....'],
    [0.5, '##..'],
    [1, '####'],
    [7, '####'],
    [-1, '....'],
  ])('of %d', (share, bar) => {
    expect(progressBar(share, 4, false)).toBe(bar);
  });
});
