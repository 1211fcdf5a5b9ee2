import { describe, expect, it } from 'vitest';
import { compareMethods, type Side } from '../../../core/study/report/compareMethods.ts';
import { comparisonSentence } from '../../../core/study/report/comparisonSentence.ts';
import { summarizeStudy } from '../../../core/study/report/studySummary.ts';
import type { TrialResult } from '../../../core/study/trialResult.ts';
import { syntheticResults } from './syntheticResults.ts';

const results = syntheticResults();
const setting = { model: 'base', task: 'countdown', axes: {} };

function side(method: string, most = 8, change: (trial: TrialResult) => TrialResult = (trial) => trial): Side {
  const trials = results.trials.filter(
    ({ uses, seed }) => uses[0]?.method === method && uses[0].setting.task === 'countdown' && seed <= most,
  );
  return { method, setting, trials: trials.map(change) };
}

function compare(method: string, seeds: number, family = 1): ReturnType<typeof compareMethods>[number] {
  const pairs = Array.from({ length: family }, () => [side('lora', seeds), side(method, seeds)] as const);
  return compareMethods(pairs)[0]!;
}

describe('a comparison', () => {
  it('tells apart what is apart, and says by how much', () => {
    const found = compare('dora', 8);
    expect(found).toMatchObject({ verdict: 'different', p: 2 / 2 ** 8, family: 1 });
    expect(comparisonSentence(found)).toMatch(
      /^Above lora at 8 seeds: \+\d+\.\d points \(\+.* to \+.*\), p 0\.0078 after Holm/u,
    );
    expect(comparisonSentence(compare('ia3', 8))).toMatch(/^Below lora at 8 seeds: −/u);
  });

  it('is not tested where the design cannot reach the threshold', () => {
    const found = compare('dora', 3);
    expect(found).toMatchObject({ verdict: 'not-testable', smallestP: 0.25, family: 0, planned: 1 });
    expect(found.p).toBeUndefined();
    expect(comparisonSentence(found)).toMatch(
      /^Not testable against lora at 3 seeds: the smallest possible p is 0\.25;/u,
    );
    // 8 seeds reach 0.0078: enough for 6 comparisons, not for 7.
    expect(compare('dora', 8, 6).verdict).toBe('different');
    expect(compare('dora', 8, 7)).toMatchObject({ verdict: 'not-testable', family: 0, planned: 7 });
  });

  it('says what is not distinguishable, with what could have been found', () => {
    expect(comparisonSentence(compare('vera', 8))).toMatch(
      /^Not distinguishable from lora at 8 seeds: .* points \(−.* to \+.*\), p .* after Holm; smallest detectable \d+\.\d points\.$/u,
    );
  });

  it('is of the same problems at the same seeds, or none', () => {
    const [other] = compareMethods([[side('lora'), side('dora', 8, (trial) => withHash(trial, 'other'))]]);
    expect(other).toMatchObject({
      verdict: 'not-compared',
      reason: 'they have no common seed, or not the same problems',
    });
    const [apart] = compareMethods([[side('lora', 4), { ...side('dora'), trials: side('dora').trials.slice(4) }]]);
    expect(apart?.verdict).toBe('not-compared');
    const [common] = compareMethods([[side('lora', 6), side('dora')]]);
    expect(common?.seeds).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('leaves out problems that could not be judged on either side', () => {
    const [found] = compareMethods([[side('lora'), side('dora', 8, withoutFirst)]]);
    const [all] = compareMethods([[side('lora'), side('dora')]]);
    expect(found?.difference?.mean).not.toBe(all?.difference?.mean);
    expect(Number.isFinite(found?.difference?.mean)).toBe(true);
  });

  it('corrects the comparisons of each baseline at each setting together', () => {
    const [headline] = summarizeStudy(results).parts;
    for (const { comparisons } of headline!.settings) {
      expect(comparisons.map(({ baseline, family }) => [baseline, family])).toEqual([
        ...Array.from({ length: 5 }, () => ['lora', 5]),
        ...Array.from({ length: 5 }, () => ['full', 5]),
      ]);
    }
  });
});

function withHash(trial: TrialResult, hash: string): TrialResult {
  return mapBenchmarks(trial, (benchmark) => ({ ...benchmark, hash }));
}

function withoutFirst(trial: TrialResult): TrialResult {
  // eslint-disable-next-line no-restricted-syntax -- JSON's null: it could not be judged
  return mapBenchmarks(trial, (benchmark) => ({ ...benchmark, shares: [null, ...benchmark.shares.slice(1)] }));
}

type Benchmark = TrialResult['benchmarks'][string];

function mapBenchmarks(trial: TrialResult, change: (benchmark: Benchmark) => Benchmark): TrialResult {
  const benchmarks = Object.entries(trial.benchmarks).map(([name, one]) => [name, change(one)] as const);
  return { ...trial, benchmarks: Object.fromEntries(benchmarks) };
}
