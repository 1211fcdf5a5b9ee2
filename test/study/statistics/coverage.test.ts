import { describe, expect, it } from 'vitest';
import { measureCoverage } from '../../../bench/intervals/coverage.ts';

describe('the reported interval holds the truth', () => {
  // The standard error of 95 % in 200 studies is 1.5 points.
  it.each(
    [3, 5, 10].flatMap((seeds) =>
      [1, 8].map((seedDeviation) => ({ seeds, problems: 32, seedDeviation, collapse: 0, samples: 2 })),
    ),
  )('at $seeds seeds that vary by $seedDeviation points', (scenario) => {
    const { accuracy, difference } = measureCoverage(scenario, 200, ['two-level']);
    expect(accuracy['two-level']).toBeGreaterThan(0.92);
    expect(difference['two-level']).toBeGreaterThan(0.92);
  });

  it('less where seeds collapse that few seeds cannot show', () => {
    const scenario = { seeds: 3, problems: 256, seedDeviation: 1, collapse: 0.1, samples: 2 };
    expect(measureCoverage(scenario, 60, ['two-level']).accuracy['two-level']).toBeLessThan(0.9);
  });
});
