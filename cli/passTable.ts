import { accuracyInterval } from '../core/training/evaluate.ts';
import type { EvaluatedCompletion } from '../core/training/evaluate.ts';
import { passAtK } from '../core/training/statistics.ts';

/** A share with its 95 % interval, over problems. */
export interface Share {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Judged completions of one problem. */
export interface ProblemCounts {
  readonly family: string;
  readonly samples: number;
  readonly correct: number;
}

/** How many completions of each problem were right; problems that could not be judged are left out. */
export function countByProblem(completions: readonly EvaluatedCompletion[]): readonly ProblemCounts[] {
  const byProblem = new Map<object, { family: string; samples: number; correct: number }>();
  for (const { prompt, correct } of completions) {
    if (correct === undefined) continue;
    const counts = byProblem.get(prompt) ?? { family: prompt.problem.family, samples: 0, correct: 0 };
    counts.samples += 1;
    counts.correct += correct ? 1 : 0;
    byProblem.set(prompt, counts);
  }
  return [...byProblem.values()];
}

/** Unbiased pass@k with its interval, for 1, 2, 4, ... and all samples. */
export function passTable(
  problems: readonly ProblemCounts[],
  seed: number,
): readonly (Share & { readonly k: number })[] {
  const most = Math.max(0, ...problems.map(({ samples }) => samples));
  const powers = Array.from({ length: 1 + Math.floor(Math.log2(Math.max(1, most))) }, (_, power) => 2 ** power);
  return [...new Set([...powers, most])]
    .filter((k) => k > 0 && k <= most)
    .map((k) => {
      const values = problems.flatMap(({ samples, correct }) => (samples < k ? [] : [passAtK(samples, correct, k)]));
      return { k, ...meanWithInterval(values, seed) };
    });
}

/** Mean over problems of a share, with its 95 % interval. */
export function meanWithInterval(values: readonly number[], seed: number): Share {
  const { mean, low, high } = accuracyInterval(values, seed);
  return { value: mean, low, high };
}
