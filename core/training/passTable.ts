import { accuracyInterval } from './accuracyInterval.ts';
import { passAtK } from './statistics.ts';

/** A share with its 95 % interval, over problems. */
export interface Share {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The chance that one of k samples is right. */
export interface PassShare extends Share {
  readonly k: number;
}

/** What pass@k needs to know of a problem. */
export interface JudgedCounts {
  /** Samples that could be judged; a problem without any is left out. */
  readonly judged: number;
  readonly correct: number;
}

/** Unbiased pass@k with its interval, for 1, 2, 4, ... and all samples. */
export function passTable(problems: readonly JudgedCounts[], seed: number): readonly PassShare[] {
  const most = Math.max(0, ...problems.map(({ judged }) => judged));
  const powers = Array.from({ length: 1 + Math.floor(Math.log2(Math.max(1, most))) }, (_, power) => 2 ** power);
  return [...new Set([...powers, most])]
    .filter((k) => k > 0 && k <= most)
    .map((k) => {
      const values = problems.flatMap(({ judged, correct }) => (judged < k ? [] : [passAtK(judged, correct, k)]));
      return { k, ...meanWithInterval(values, seed) };
    });
}

/** Mean over problems of a share, with its 95 % interval. */
export function meanWithInterval(values: readonly number[], seed: number): Share {
  const { mean, low, high } = accuracyInterval(values, seed);
  return { value: mean, low, high };
}
