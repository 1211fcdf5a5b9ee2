/** What both sides run: one GRPO experiment with LoRA on the CPU. */
export interface Workload {
  readonly name: string;
  /** Hugging Face model folder, absolute. */
  readonly model: string;
  /** Problems to learn from. */
  readonly problems: readonly BenchProblem[];
  /** Problems that are not learned from, at least one. */
  readonly heldOut: readonly BenchProblem[];
  /** Whether the question is put into the model's chat template. */
  readonly chat: boolean;
  readonly system?: string;
  readonly reward: BenchReward;
  readonly steps: number;
  /** Completions per step. */
  readonly batchSize: number;
  readonly groupSize: number;
  readonly maxCompletionTokens: number;
  /** Equal to the maximum: all completions have this length, since the end token is not sampled before. */
  readonly minCompletionTokens: number;
  readonly temperature: number;
  readonly learningRate: number;
  readonly schedule: 'constant' | 'linear' | 'cosine';
  readonly rank: number;
  readonly alpha: number;
  readonly targetModules: readonly string[];
  readonly threads: number;
  readonly seed: number;
  /** The held-out problems are answered before and after the training; left out: they are not. */
  readonly evaluation?: BenchEvaluation;
}

/** A question and its reference answer. */
export interface BenchProblem {
  readonly question: string;
  readonly reference: string;
}

/** Scores exist on both sides under these names: the last boxed integer, or the last integer, equals the reference. */
export type BenchReward = 'boxed' | 'last_number';

/** How held-out accuracy is measured. */
export interface BenchEvaluation {
  readonly temperature: number;
  readonly topP: number;
  /** Problems of other families, one set each, answered as well. */
  readonly watched: readonly (readonly BenchProblem[])[];
}

/** The seven linear layers of a Qwen2 block. */
export const linearLayers = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;
