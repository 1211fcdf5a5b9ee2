import type { ProblemSource } from '../contracts/dataset.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import type { Tokenizer } from '../model/tokenizer.ts';
import type { Benchmark, Measurement } from './benchmark.ts';
import type { Curriculum } from './curriculum.ts';
import type { GenerationOptions, JudgedCompletion } from './generation.ts';
import type { ProblemFailure } from './judge.ts';
import type { LearnerState } from './learner.ts';
import type { Prompt } from './prompts.ts';
import type { ReferenceSync } from './referenceSync.ts';
import type { Schedule } from './schedule.ts';
import type { StepOptions } from './stepGraph.ts';
import type { TrainingProgress } from './trainingProgress.ts';

/** When and on what accuracy is measured. */
export interface EvaluationPlan {
  /** Before the first step, on the report split. */
  readonly before: boolean;
  /** Steps between evaluations on the selection split; 0: none. */
  readonly every: number;
  readonly seed: number;
  /**
   * Of the report split: read before the first step and after the last, for the numbers that are told. Where the data trained on is among
   * them, it is the first.
   */
  readonly report: readonly Benchmark[];
  /** Of the selection split: settings may be chosen by it. */
  readonly selection?: Benchmark;
}

/** Everything a training run is made of, resolved and loaded. */
export interface TrainerOptions {
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Tokenizer;
  readonly step: StepOptions;
  readonly train: ProblemSource;
  readonly promptOf: (problem: ReturnType<ProblemSource['problem']>) => Prompt;
  /** Completions per generation batch. */
  readonly batchSize: number;
  readonly generation: GenerationOptions;
  /** Which log-probability the ratio starts from when sampling is filtered. */
  readonly oldLogps: 'unfiltered' | 'filtered';
  readonly seed: number;
  readonly learningRate: number;
  readonly schedule: Schedule;
  readonly steps: number;
  readonly iterations: number;
  readonly stepsPerGeneration: number;
  readonly microBatchTokens: number;
  readonly maskTruncated: boolean;
  readonly reference: 'base' | 'initial';
  /** How the reference `initial` follows the policy; left out: it stays as it is. */
  readonly referenceSync?: ReferenceSync;
  readonly checkpointEvery: number;
  readonly evaluation: EvaluationPlan;
  readonly curriculum: Curriculum;
  /** Place among the rewards of the one that says whether an answer is right. */
  readonly verifier: number;
  /** Groups that teach nothing are left out and others sampled in their place. */
  readonly dynamicSampling?: DynamicSampling;
  /** Training ends where accuracy on the selection split has not risen so often. */
  readonly earlyStopping?: EarlyStopping;
  /** Whether the policy with the highest accuracy on the selection split is kept. */
  readonly keepsBest: boolean;
}

/** When a batch of groups that teach is given up on, and what then. */
export interface DynamicSampling {
  /** Batches sampled at most for one that is trained on, the first included. */
  readonly maxBatches: number;
  /** Train on the groups there are; fill up with others, whose advantages are 0; or end the run. */
  readonly atLimit: 'smaller' | 'fill' | 'fail';
}

/** When accuracy is taken to rise no more. */
export interface EarlyStopping {
  /** Evaluations without an improvement. */
  readonly patience: number;
  /** Less than this is no improvement. */
  readonly minDelta: number;
}

/** What the trainer tells while it runs. Every callback is awaited. */
export interface TrainerEvents {
  onDidProgress(
    phase: 'starting' | 'evaluating' | 'rollout' | 'training' | 'saving',
    done: number,
    total: number | undefined,
  ): void;
  onDidCheck(check: {
    readonly name: string;
    readonly passed: boolean;
    readonly value: number;
    readonly bound: number;
    readonly explanation: string;
  }): void;
  onDidEvaluate(moment: 'before' | 'during' | 'after', step: number, measurements: readonly Measurement[]): void;
  onDidStep(step: number, metrics: Readonly<Record<string, number>>): void;
  /** The weights after a step, or the steps of a generation batch: what is measured of them is logged with the step. */
  onDidTrain?(state: LearnerState): Promise<Readonly<Record<string, number>>>;
  /** Rewards failed on completions of the generation batch whose first step is `step`, or of an evaluation after so many steps. */
  onDidFailToJudge?(step: number, failures: readonly ProblemFailure[]): void;
  /** A generation batch has been sampled and judged; its first optimizer step is `step`. */
  onDidGenerate(step: number, rows: readonly JudgedCompletion[]): void;
  onDidReachCheckpoint(state: LearnerState, progress: TrainingProgress): Promise<void>;
}
