import { afterAll } from 'vitest';
import type { Adapter } from '../../../core/contracts/adapter.ts';
import type { Optimizer } from '../../../core/contracts/optimizer.ts';
import type { Checkpoint } from '../../../core/model/checkpoint.ts';
import { parseModelConfig } from '../../../core/model/modelConfig.ts';
import { createLearner, type LearnerState, type StepReport } from '../../../core/training/learner.ts';
import { createMergedWeights } from '../../../core/training/mergedWeights.ts';
import { cutMicroBatches, type TrainingRow } from '../../../core/training/microBatch.ts';
import { createPolicy, type Policy } from '../../../core/training/policy.ts';
import { sft } from '../../../plugins/objectives/sft.ts';
import { adamw } from '../../../plugins/optimizers/adamw.ts';
import { tinyConfig, weightsFor } from '../../model/modelFolders.ts';

/** Two decoder blocks of 8 and 12 features. */
export const tinyCheckpoint: Checkpoint = {
  config: parseModelConfig(tinyConfig),
  weights: weightsFor(tinyConfig),
  dtype: 'F32',
  hash: () => Promise.resolve(''),
};

const row: TrainingRow = (() => {
  const zeros = [0, 0, 0];
  const logps = { policyLogps: zeros, samplingLogps: zeros, oldLogps: zeros };
  return { prompt: [1, 2], ids: [3, 4, 5], ...logps, advantage: 1, active: true };
})();

/** A method in training on the tiny model, one completion over and over. */
export interface TinyTraining {
  readonly policy: Policy;
  readonly state: LearnerState;
  restore(state: LearnerState): void;
  step(): Promise<StepReport>;
  /** A parameter as it is now. */
  value(name: string): Float32Array;
  /** Merged weights by their names. */
  merged(): Promise<ReadonlyMap<string, Float32Array>>;
}

/** Begins to train; everything is released after the tests of this file. */
export function trainTiny<Config, Options>(
  adapter: Adapter<Config, Options>,
  options: Readonly<Record<string, unknown>>,
  { totalSteps = 10, optimizer = adamw }: { readonly totalSteps?: number; readonly optimizer?: Optimizer } = {},
): TinyTraining {
  const policy = createPolicy(tinyCheckpoint, adapter, adapter.config.parse(options), 1);
  const learner = createLearner(tinyCheckpoint, {
    policy,
    objective: sft,
    objectiveConfig: sft.config.parse({}),
    optimizer,
    optimizerConfig: optimizer.config.parse({}),
    maxGradNorm: 1,
    oldIsCurrent: true,
  });
  afterAll(() => learner.release());
  const counts = { globalTokens: 3, stepRows: 1, stepsPerGeneration: 1, maxCompletionTokens: 3 };
  return {
    policy,
    get state() {
      return learner.state;
    },
    restore: (state) => learner.restore(state),
    step: () => learner.step(cutMicroBatches([row], 100), { learningRate: 0.05, temperature: 1, totalSteps, counts }),
    value(name) {
      const values = learner.state.parameters.get(name);
      if (values === undefined) throw new Error(`no parameter ${name}`);
      return values;
    },
    async merged() {
      const graph = await createMergedWeights(tinyCheckpoint, policy);
      const weights = await graph.of(learner.state);
      await graph.release();
      return new Map([...weights].map(([name, { data }]) => [name, data]));
    },
  };
}
