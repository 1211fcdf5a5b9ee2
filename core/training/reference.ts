import type { Learner } from './learner.ts';
import { cutMicroBatches, type TrainingRow } from './microBatch.ts';
import { referenceValues } from './referenceSync.ts';
import type { TrainerOptions } from './trainerOptions.ts';

/** What scoring under the reference policy needs to know of a run. */
export interface ReferenceOptions extends Pick<TrainerOptions, 'reference' | 'microBatchTokens' | 'step'> {
  readonly temperature: number;
}

/** Scores rows under the reference policy: the base without adapter, or the adapter as it was at the start or was last copied. */
export async function withReference(
  learner: Learner,
  rows: readonly TrainingRow[],
  { reference, microBatchTokens, step, temperature }: ReferenceOptions,
): Promise<readonly TrainingRow[]> {
  const now = learner.state;
  const isBase = reference === 'base';
  if (!isBase) learner.restore({ ...now, parameters: referenceValues(now, step.policy) });
  const logpsOf = new Map<TrainingRow, readonly number[]>();
  try {
    for (const { rows: part } of cutMicroBatches(rows, microBatchTokens)) {
      const logps = await learner.score(part, temperature, !isBase);
      part.forEach((row, i) => logpsOf.set(row, Array.from(logps[i] ?? [])));
    }
  } finally {
    learner.restore(now);
  }
  return rows.map((row) => ({ ...row, referenceLogps: logpsOf.get(row) ?? [] }));
}

/**
 * The k3 estimate of the KL from the reference to the policy that sampled the rows, over their active tokens: exp(ref - logp) - (ref -
 * logp) - 1. 0 where no token is active.
 */
export function sampledDivergence(rows: readonly TrainingRow[]): number {
  let sum = 0;
  let tokens = 0;
  for (const { active, policyLogps, referenceLogps = [] } of rows) {
    if (!active) continue;
    tokens += policyLogps.length;
    policyLogps.forEach((logp, i) => {
      const difference = (referenceLogps[i] ?? NaN) - logp;
      sum += Math.exp(difference) - difference - 1;
    });
  }
  return sum / Math.max(tokens, 1);
}

/** At most `count` rows, spread evenly over all of them. */
export function spreadRows(rows: readonly TrainingRow[], count: number): readonly TrainingRow[] {
  if (rows.length <= count) return rows;
  return Array.from({ length: count }, (_, i) => rows[Math.floor((i * rows.length) / count)] as TrainingRow);
}
