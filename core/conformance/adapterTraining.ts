import type { Adapter } from '../contracts/adapter.ts';
import type { Objective } from '../contracts/objective.ts';
import type { Optimizer } from '../contracts/optimizer.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import type { Learner } from '../training/learner.ts';
import { createLearner } from '../training/learner.ts';
import { cutMicroBatches } from '../training/microBatch.ts';
import type { TrainingRow } from '../training/microBatch.ts';
import type { Policy } from '../training/policy.ts';

const totalSteps = 8;
const zeros = [0, 0, 0];
const row: TrainingRow = {
  prompt: [1, 2],
  ids: [3, 4, 5],
  policyLogps: zeros,
  samplingLogps: zeros,
  oldLogps: zeros,
  advantage: 1,
  active: true,
};

/** What a learner of the suite is made of. */
export interface LearnerParts {
  readonly base: Checkpoint;
  readonly original: Adapter;
  readonly surroundings: { readonly objective: Objective; readonly optimizers: readonly Optimizer[] };
}

/** A learner of the suite: the base learns one completion. */
export function createSuiteLearner({ surroundings, base, original }: LearnerParts, policy: Policy): Learner {
  const { objective, optimizers } = surroundings;
  const optimizer = optimizers.find(({ id }) => id === original.optimizer) ?? optimizers[0];
  if (optimizer === undefined) throw new TypeError('the suite was given no optimizer');
  return createLearner(base, {
    policy,
    objective,
    objectiveConfig: objective.config.parse({}),
    optimizer,
    optimizerConfig: optimizer.config.parse({}),
    maxGradNorm: 1,
    oldIsCurrent: true,
  });
}

/** Makes one optimizer step. */
export async function suiteStep(learner: Learner): Promise<void> {
  const counts = {
    globalTokens: row.ids.length,
    stepRows: 1,
    stepsPerGeneration: 1,
    maxCompletionTokens: row.ids.length,
  };
  await learner.step(cutMicroBatches([row], 100), { learningRate: 0.05, temperature: 1, totalSteps, counts });
}
