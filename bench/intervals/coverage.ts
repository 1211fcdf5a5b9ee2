import type { Interval } from '../../core/training/statistics.ts';
import { bootstrapInterval } from '../../core/training/statistics.ts';
import { crossedVariance, type SeedProblemTable } from '../../core/study/statistics/crossedVariance.ts';
import { studentInterval } from '../../core/study/statistics/seedInterval.ts';
import { studentQuantile } from '../../core/study/statistics/studentT.ts';
import { twoLevelEstimate } from '../../core/study/statistics/twoLevelInterval.ts';
import { simulateStudy, type Scenario } from './simulatedStudy.ts';

/** Ways to an interval; the first is the one that reports use. */
export const intervalKinds = ['two-level', 'satterthwaite', 'student', 'bca', 'percentile'] as const;
type IntervalKind = (typeof intervalKinds)[number];

/** Shares of simulated studies whose interval held the truth. */
export interface Coverage {
  readonly scenario: Scenario;
  readonly repetitions: number;
  /** Of a method's accuracy and of a paired difference, over all seeds and problems. */
  readonly accuracy: Readonly<Partial<Record<IntervalKind, number>>>;
  readonly difference: Readonly<Partial<Record<IntervalKind, number>>>;
  /** Of the accuracy on the problems at hand. */
  readonly accuracyHere: Readonly<Partial<Record<IntervalKind, number>>>;
  /** Mean width of the reported interval of a difference, in points. */
  readonly width: number;
}

/** Simulates `repetitions` studies of a scenario and counts how often each interval holds the truth. */
export function measureCoverage(scenario: Scenario, repetitions: number, kinds: readonly IntervalKind[]): Coverage {
  const held = {
    accuracy: new Map<string, number>(),
    difference: new Map<string, number>(),
    here: new Map<string, number>(),
  };
  let width = 0;
  const count = (counts: Map<string, number>, kind: string, interval: Interval | undefined, truth: number): void => {
    const holds = interval !== undefined && interval.low <= truth && truth <= interval.high;
    counts.set(kind, (counts.get(kind) ?? 0) + (holds ? 1 : 0));
  };
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const study = simulateStudy(scenario, repetition);
    const differences = study.method.map((row, seed) =>
      row.map((value, problem) => value - (study.baseline[seed]?.[problem] ?? 0)),
    );
    for (const kind of kinds) {
      const accuracy = intervalOf(kind, study.method, repetition);
      const difference = intervalOf(kind, differences, repetition);
      count(held.accuracy, kind, accuracy, study.accuracy);
      count(held.here, kind, accuracy, study.accuracyHere);
      count(held.difference, kind, difference, study.difference);
      if (kind === 'two-level' && difference !== undefined) width += 100 * (difference.high - difference.low);
    }
  }
  const shares = (counts: Map<string, number>): Partial<Record<IntervalKind, number>> =>
    Object.fromEntries(kinds.map((kind) => [kind, (counts.get(kind) ?? 0) / repetitions]));
  return {
    scenario,
    repetitions,
    accuracy: shares(held.accuracy),
    difference: shares(held.difference),
    accuracyHere: shares(held.here),
    width: width / repetitions,
  };
}

function intervalOf(kind: IntervalKind, table: SeedProblemTable, seed: number): Interval | undefined {
  switch (kind) {
    case 'two-level':
      return twoLevelEstimate([table]).interval;
    case 'satterthwaite':
      return satterthwaite(table);
    case 'student':
      return studentInterval(crossedVariance(table).seedMeans);
    case 'bca':
    case 'percentile':
      return bootstrapInterval(crossedVariance(table).seedMeans, { seed, resamples: 2000, method: kind });
  }
}

/** The textbook's: the variance of the mean from all three mean squares, with Satterthwaite's freedom. */
function satterthwaite(table: SeedProblemTable): Interval {
  const { mean, seeds, problems, seedSquare, problemSquare, restSquare } = crossedVariance(table);
  const total = Math.max(seedSquare + problemSquare - restSquare, Number.MIN_VALUE);
  const freedom =
    total ** 2 /
    (seedSquare ** 2 / (seeds - 1) +
      problemSquare ** 2 / (problems - 1) +
      restSquare ** 2 / ((seeds - 1) * (problems - 1)));
  const half = studentQuantile(0.975, freedom > 1 ? freedom : 1) * Math.sqrt(total / (seeds * problems));
  return { low: mean - half, high: mean + half, mean };
}
