import { z } from 'zod';
import type { Metrics } from '../contracts/engine.ts';
import type { MetricsLine } from './metrics.ts';

const seconds = z.number().min(0);

/** What a run has cost so far. */
export const runCostsSchema = z
  .object({
    tokens: z.int().min(0).describe('Of completions sampled for training'),
    rolloutSeconds: seconds.describe('Sampling completions'),
    rewardSeconds: seconds.describe('Judging them'),
    trainingSeconds: seconds.describe('Optimizer steps'),
    evaluationSeconds: seconds,
    peakMemoryBytes: z.number().min(0).describe('Largest resident memory of a process that trained'),
  })
  .describe('What the run has cost so far, over all attempts');

/** What a run has cost so far. */
export type RunCosts = z.output<typeof runCostsSchema>;

/** What the lines of a run's metrics come to. */
export function costsOf(lines: readonly MetricsLine[]): RunCosts {
  const none: RunCosts = {
    tokens: 0,
    rolloutSeconds: 0,
    rewardSeconds: 0,
    trainingSeconds: 0,
    evaluationSeconds: 0,
    peakMemoryBytes: 0,
  };
  return lines.reduce((costs, { metrics }) => addedCosts(costs, metrics), none);
}

/** The costs with those of another step. */
export function addedCosts(costs: RunCosts, metrics: Metrics): RunCosts {
  const of = (name: string): number => metrics[name] ?? 0;
  return {
    tokens: costs.tokens + of('rollout/tokens'),
    rolloutSeconds: costs.rolloutSeconds + of('time/rollout'),
    rewardSeconds: costs.rewardSeconds + of('time/rewards'),
    trainingSeconds: costs.trainingSeconds + of('time/training'),
    evaluationSeconds: costs.evaluationSeconds + of('time/evaluation'),
    peakMemoryBytes: Math.max(costs.peakMemoryBytes, of('memory/peak_rss_bytes')),
  };
}
