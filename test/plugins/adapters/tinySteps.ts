import { afterAll } from 'vitest';
import type { Adapter } from '../../../core/contracts/adapter.ts';
import type { Optimizer } from '../../../core/contracts/optimizer.ts';
import { createLearner, type LearnerState, type StepReport } from '../../../core/training/learner.ts';
import { createMergedWeights } from '../../../core/training/mergedWeights.ts';
import { cutMicroBatches } from '../../../core/training/microBatch.ts';
import { createPolicy, type Policy } from '../../../core/training/policy.ts';
import { adamw } from '../../../plugins/optimizers/adamw.ts';
import { tinyCheckpoint } from '../../model/tinyCheckpoint.ts';
import { plainRow, plainSteps } from '../../training/plainSteps.ts';

const row = plainRow([1, 2], [3, 4, 5]);

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
  const learner = createLearner(tinyCheckpoint, plainSteps(policy, { optimizer, maxGradNorm: 1 }));
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
