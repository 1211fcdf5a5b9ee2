import { weightPrefix } from '../../core/model/baseLayers.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { createLearner } from '../../core/training/learner.ts';
import { cutMicroBatches, type TrainingRow } from '../../core/training/microBatch.ts';
import { createSampler } from '../../core/training/rollout.ts';
import type { StepOptions } from '../../core/training/stepGraph.ts';
import { plainSampling } from '../../core/training/sampling.ts';
import { benchCheckpoint, benchConfig, benchStepOptions, rank } from './benchModel.ts';
import type { StepShape } from './products.ts';

const seed = 7;
/** What experiments have by default. */
const microBatchTokens = 2048;

/** 64 completions of 64 tokens in groups of 8, each group with a prompt of 32 tokens. */
export const benchShape: StepShape = {
  prompts: 8,
  promptTokens: 32,
  completions: 64,
  completionTokens: 64,
  rank,
};

/** Something that is done again and again and timed. */
export interface Repeated {
  run(): Promise<void>;
  release(): Promise<void>;
}

/** Optimizer steps, each on the same rows: by default LoRA's. */
export function trainingSteps(
  options: StepOptions = benchStepOptions(benchCheckpoint()),
  rows: readonly TrainingRow[] = benchRows(),
): Repeated {
  const learner = createLearner(benchCheckpoint(), options);
  const { completions, completionTokens } = benchShape;
  const counts = {
    globalTokens: completions * completionTokens,
    stepRows: completions,
    stepsPerGeneration: 1,
    maxCompletionTokens: completionTokens,
  };
  return {
    run: async () => {
      const batches = cutMicroBatches(rows, microBatchTokens);
      await learner.step(batches, { learningRate: 1e-4, temperature: 1, totalSteps: 100, counts });
    },
    release: () => learner.release(),
  };
}

/** Rollouts of the base model; the end token is held back, so that every completion has the full length. */
export function rollouts(): Repeated {
  const sampler = createSampler(benchConfig);
  const weights = Object.fromEntries(
    [...benchCheckpoint().weights].map(([name, { data }]) => [weightPrefix + name, data]),
  );
  const { completions, completionTokens } = benchShape;
  return {
    run: async () => {
      await sampler.generate(weights, {
        prompts: benchPrompts(),
        rows: Array.from({ length: completions }, (_, row) => ({
          prompt: promptOf(row),
          random: randomStream(seed, 'bench rollout', row),
        })),
        maxTokens: completionTokens,
        minTokens: completionTokens,
        stopIds: benchConfig.eosTokenIds,
        sampling: plainSampling(1),
      });
    },
    release: () => sampler.release(),
  };
}

function promptOf(row: number): number {
  return Math.floor((row * benchShape.prompts) / benchShape.completions);
}

function tokens(count: number, ...path: readonly (string | number)[]): number[] {
  const random = randomStream(seed, ...path);
  return Array.from({ length: count }, () => random.integer(benchConfig.vocabularySize));
}

function benchPrompts(): number[][] {
  return Array.from({ length: benchShape.prompts }, (_, prompt) =>
    tokens(benchShape.promptTokens, 'bench prompt', prompt),
  );
}

/** The completions that are trained on. */
export function benchRows(): readonly TrainingRow[] {
  const prompts = benchPrompts();
  return Array.from({ length: benchShape.completions }, (_, row) => {
    const ids = tokens(benchShape.completionTokens, 'bench completion', row);
    const logps = ids.map(() => -Math.log(benchConfig.vocabularySize));
    return {
      prompt: prompts[promptOf(row)] ?? [],
      ids,
      policyLogps: logps,
      samplingLogps: logps,
      oldLogps: logps,
      advantage: row % 2 === 0 ? 1 : -1,
      active: true,
    };
  });
}
