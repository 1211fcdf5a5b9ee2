import type { Series } from '../../report/series.ts';
import type { CurvePoint, TrialResult } from '../trialResult.ts';

/** A curve over steps with the mean over finished trials and the range from the lowest to the highest; undefined without any. */
export function seedSeries(
  label: string,
  trials: readonly TrialResult[],
  select: (trial: TrialResult) => readonly CurvePoint[],
): Series | undefined {
  const byStep = new Map<number, number[]>();
  for (const trial of trials) {
    if (trial.status !== 'finished') continue;
    for (const { step, value } of select(trial)) byStep.set(step, [...(byStep.get(step) ?? []), value]);
  }
  if (byStep.size === 0) return undefined;
  const points = [...byStep]
    .sort(([left], [right]) => left - right)
    .map(([step, values]) => ({
      step,
      value: values.reduce((sum, value) => sum + value, 0) / values.length,
      low: Math.min(...values),
      high: Math.max(...values),
    }));
  return { label, points, range: 'band' };
}
