import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { crossedVariance } from '../../../core/study/statistics/crossedVariance.ts';
import { hedgesG } from '../../../core/study/statistics/effectSize.ts';
import { testPower } from '../../../core/study/statistics/power.ts';
import { studentInterval } from '../../../core/study/statistics/seedInterval.ts';
import { signFlipTest } from '../../../core/study/statistics/signFlip.ts';
import { studentProbability, studentQuantile } from '../../../core/study/statistics/studentT.ts';
import { goldenPath, hasGolden } from '../../goldenFolder.ts';

interface Golden {
  readonly quantiles: readonly { probability: number; freedom: number; value: number }[];
  readonly tails: readonly { t: number; freedom: number; tail: number }[];
  readonly powers: readonly { noncentrality: number; freedom: number; alpha: number; power: number }[];
  readonly signFlips: readonly { differences: number[]; p: number }[];
  readonly hedges: readonly { baseline: number[]; method: number[]; g: number }[];
  readonly crossed: readonly {
    table: number[][];
    mean: number;
    seedSquare: number;
    problemSquare: number;
    restSquare: number;
  }[];
  readonly studentIntervals: readonly { values: number[]; low: number; high: number }[];
}

/** Largest |a / b - 1| over the cases. */
function worst<T>(cases: readonly T[], both: (one: T) => readonly [actual: number, expected: number][]): number {
  const errors = cases.flatMap(both).map(([actual, expected]) => Math.abs(actual - expected) / Math.abs(expected || 1));
  expect(errors.length).toBeGreaterThan(0);
  return errors.reduce((most, error) => Math.max(most, Number.isNaN(error) ? Infinity : error), 0);
}

describe.skipIf(!hasGolden('statistics', 'statistics.json'))(
  'the statistics of studies agree with scipy and mpmath',
  () => {
    const golden = hasGolden('statistics', 'statistics.json')
      ? (JSON.parse(readFileSync(goldenPath('statistics', 'statistics.json'), 'utf8')) as Golden)
      : undefined;

    it('in quantiles of Student’s t, to 1e-10 of themselves', () => {
      const error = worst(golden!.quantiles, ({ probability, freedom, value }) => [
        [studentQuantile(probability, freedom), value],
        [-studentQuantile(1 - probability, freedom), value],
      ]);
      expect(error).toBeLessThan(1e-10);
    });

    it('in tails of Student’s t, to 1e-12 of themselves', () => {
      expect(worst(golden!.tails, ({ t, freedom, tail }) => [[studentProbability(-t, freedom), tail]])).toBeLessThan(
        1e-12,
      );
    });

    it('in the power of a t test', () => {
      const error = worst(golden!.powers, ({ noncentrality, freedom, alpha, power }) => [
        [testPower(noncentrality, freedom, alpha), power],
      ]);
      expect(error).toBeLessThan(1e-6);
    });

    it('in exact sign-flip tests', () => {
      expect(worst(golden!.signFlips, ({ differences, p }) => [[signFlipTest(differences).p, p]])).toBeLessThan(1e-12);
    });

    it('in Hedges’ g', () => {
      expect(worst(golden!.hedges, ({ baseline, method, g }) => [[hedgesG(baseline, method) ?? NaN, g]])).toBeLessThan(
        1e-12,
      );
    });

    it('in the mean squares of seeds, problems and the rest', () => {
      const error = worst(golden!.crossed, (one) => {
        const ours = crossedVariance(one.table);
        return [
          [ours.mean, one.mean],
          [ours.seedSquare, one.seedSquare],
          [ours.problemSquare, one.problemSquare],
          [ours.restSquare, one.restSquare],
        ];
      });
      expect(error).toBeLessThan(1e-9);
    });

    it('in Student’s intervals over seeds', () => {
      const error = worst(golden!.studentIntervals, ({ values, low, high }) => {
        const interval = studentInterval(values);
        return [
          [interval?.low ?? NaN, low],
          [interval?.high ?? NaN, high],
        ];
      });
      expect(error).toBeLessThan(1e-10);
    });
  },
);
