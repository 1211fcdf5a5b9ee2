import { RlvrError } from '../errors.ts';
import type { AdvantageResult } from './advantage.ts';
import type { ScoredCompletion } from './generation.ts';
import type { TrainingRow } from './microBatch.ts';
import type { Prompt } from './prompts.ts';
import type { TrainerOptions } from './trainerOptions.ts';

/** Sampled completions as the loss wants them, of advantage 0. */
export function trainingRows(
  rows: readonly ScoredCompletion[],
  { maskTruncated, oldLogps }: Pick<TrainerOptions, 'maskTruncated' | 'oldLogps'>,
): readonly TrainingRow[] {
  return rows.map(({ prompt, completion }) => ({
    prompt: prompt.ids,
    ids: completion.ids,
    policyLogps: completion.logps,
    samplingLogps: completion.filteredLogps,
    oldLogps: oldLogps === 'filtered' ? completion.filteredLogps : completion.logps,
    advantage: 0,
    active: !maskTruncated || completion.finished,
  }));
}

/** The rows with their advantages. */
export function withAdvantages(
  rows: readonly TrainingRow[],
  { advantages, tokenAdvantages }: Pick<AdvantageResult, 'advantages' | 'tokenAdvantages'>,
): readonly TrainingRow[] {
  return rows.map((row, i) => ({
    ...row,
    advantage: advantages[i] ?? 0,
    ...(tokenAdvantages === undefined ? {} : { tokenAdvantages: Array.from(tokenAdvantages[i] ?? []) }),
  }));
}

/** Demonstrations as rows of a supervised batch: every token counts alike, and the answer ends with the stop token. */
export function demonstrationRows(
  prompts: readonly Prompt[],
  { tokenizer, generation }: Pick<TrainerOptions, 'tokenizer' | 'generation'>,
): readonly TrainingRow[] {
  return prompts.map(({ problem, ids: prompt }) => {
    if (problem.demonstration === undefined) {
      throw new RlvrError(
        'dataset/invalid',
        `Problem "${problem.id}" has no demonstration to learn from. Supervised fine-tuning needs a data set with demonstrations.`,
        { problem: problem.id },
      );
    }
    const ids = [...tokenizer.encode(problem.demonstration), ...generation.stopIds.slice(0, 1)];
    if (ids.length > generation.maxTokens) {
      throw new RlvrError(
        'dataset/invalid',
        `The demonstration of problem "${problem.id}" has ${ids.length} tokens; ` +
          `rollout.max_completion_tokens allows ${generation.maxTokens}.`,
        { problem: problem.id, tokens: ids.length },
      );
    }
    const zeros = ids.map(() => 0);
    return { prompt, ids, policyLogps: zeros, samplingLogps: zeros, oldLogps: zeros, advantage: 1, active: true };
  });
}
