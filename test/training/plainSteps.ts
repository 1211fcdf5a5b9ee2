import type { TrainingRow } from '../../core/training/microBatch.ts';
import type { Policy } from '../../core/training/policy.ts';
import type { StepOptions } from '../../core/training/stepGraph.ts';
import { sft } from '../../plugins/objectives/sft.ts';
import { sgd } from '../../plugins/optimizers/sgd.ts';

/** What a test may want otherwise; objectives and optimizers have their default options. */
type StepChanges = Partial<Omit<StepOptions, 'policy' | 'objectiveConfig' | 'optimizerConfig'>>;

/** Steps of a policy that are easy to follow: supervised, plain gradient descent, nothing clipped. */
export function plainSteps(
  policy: Policy,
  { objective = sft, optimizer = sgd, ...rest }: StepChanges = {},
): StepOptions {
  return {
    policy,
    objective,
    objectiveConfig: objective.config.parse({}),
    optimizer,
    optimizerConfig: optimizer.config.parse({}),
    maxGradNorm: 0,
    oldIsCurrent: true,
    ...rest,
  };
}

/** A completion with the same log-probability throughout for all that sampled or will train it. */
export function plainRow(prompt: readonly number[], ids: readonly number[], advantage = 1, logp = 0): TrainingRow {
  const logps = ids.map(() => logp);
  return { prompt, ids, policyLogps: logps, samplingLogps: logps, oldLogps: logps, advantage, active: true };
}
