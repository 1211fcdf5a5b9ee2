import type { Quantity } from './quantities.ts';
import { firstStep, peakMemory, rolloutSpeed, stepTime, trainingTime, wholeRun } from './quantities.ts';
import type { Workload } from './workload.ts';

/** One row group of the comparison: a workload and what is read off its runs. */
export interface Setting {
  readonly title: string;
  readonly description: string;
  readonly workload: Workload;
  readonly quantities: readonly Quantity[];
  /** The experiment file that this project runs as it is; without it one is written from the workload. */
  readonly experimentFile?: string;
}

const steps = 12;

/** A workload with completions that all have the longest length: what is compared is arithmetic. */
export function fixedLength(workload: Workload, description: string): Setting {
  return {
    title: `${workload.name}, fixed length`,
    description:
      `${description}; every completion has ${workload.maxCompletionTokens} tokens ` +
      `(the end token is not sampled); ${steps} steps.`,
    workload: { ...withoutEvaluation(workload), steps, minCompletionTokens: workload.maxCompletionTokens },
    quantities: [firstStep, rolloutSpeed, stepTime, trainingTime, wholeRun, peakMemory],
  };
}

/** A workload with completions as long as the policy makes them: what is compared includes the work that is not done. */
export function naturalLength(workload: Workload, description: string): Setting {
  return {
    title: `${workload.name}, natural length`,
    description:
      `${description}; completions end where the model ends them, at most ${workload.maxCompletionTokens} tokens; ` +
      `${steps} steps.`,
    workload: { ...withoutEvaluation(workload), steps, minCompletionTokens: 0 },
    quantities: [firstStep, rolloutSpeed, stepTime, trainingTime, wholeRun, peakMemory],
  };
}

/** A whole experiment with its evaluations, ours started from its file. */
export function wholeExperiment(workload: Workload, description: string, experimentFile: string): Setting {
  return {
    title: `${workload.name}, whole experiment`,
    description: `${description}; ${workload.steps} steps with the evaluations before and after.`,
    workload,
    quantities: [wholeRun, stepTime, rolloutSpeed, peakMemory],
    experimentFile,
  };
}

function withoutEvaluation({ evaluation: _, ...workload }: Workload): Workload {
  return workload;
}
