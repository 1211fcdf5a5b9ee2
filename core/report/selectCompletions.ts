import type { CompletionRow } from '../runs/completions.ts';
import type { SelectedCompletion, SelectionReason } from './reportData.ts';

const BEST = 3;
const WORST = 2;

/** Which of a run's steps to take completions from: the first, the last, and others evenly between them. */
export function selectSteps(steps: readonly number[], most = 6): readonly number[] {
  if (steps.length <= most) {
    return steps;
  }
  const places = Array.from({ length: most }, (_, index) => Math.round((index * (steps.length - 1)) / (most - 1)));
  return places.map((place) => steps[place] ?? 0);
}

/**
 * Completions of one step that tell most: the best and worst by reward (weighted as in the experiment, ties by advantage), the
 * longest, and one that was cut off. In the order of the rows.
 */
export function selectCompletions(
  rows: readonly CompletionRow[],
  weights: Readonly<Record<string, number>>,
): readonly SelectedCompletion[] {
  const entries = rows.map((row) => ({ row, total: totalReward(row, weights), reasons: [] as SelectionReason[] }));
  const judged = entries.filter((entry) => entry.total !== undefined);
  const byReward = judged.toSorted(
    (left, right) => (right.total ?? 0) - (left.total ?? 0) || right.row.advantage - left.row.advantage,
  );
  const mark = (reason: SelectionReason, chosen: typeof entries): void => {
    for (const entry of chosen) {
      entry.reasons.push(reason);
    }
  };
  mark('best', byReward.slice(0, BEST));
  mark('worst', byReward.slice(Math.max(BEST, byReward.length - WORST)));
  mark('longest', entries.toSorted((left, right) => right.row.tokens - left.row.tokens).slice(0, 1));
  mark('truncated', entries.filter(({ row }) => !row.finished).slice(0, 1));
  return entries.filter(({ reasons }) => reasons.length > 0);
}

function totalReward({ rewards }: CompletionRow, weights: Readonly<Record<string, number>>): number | undefined {
  const values = Object.entries(rewards).flatMap(([name, value]) =>
    value === undefined ? [] : [value * (weights[name] ?? 1)],
  );
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}
