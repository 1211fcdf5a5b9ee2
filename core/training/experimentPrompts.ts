import type { Problem } from '../contracts/dataset.ts';
import type { Experiment } from '../experiment/schema.ts';
import type { Tokenizer } from '../model/tokenizer.ts';
import { createPromptBuilder, type Prompt } from './prompts.ts';

/** Makes a prompt of each problem as an experiment says, for a model with this context. Throws as `createPromptBuilder` does. */
export function experimentPrompts(
  { data, rollout }: Pick<Experiment, 'data' | 'rollout'>,
  tokenizer: Tokenizer,
  contextTokens: number,
): (problem: Problem) => Prompt {
  return createPromptBuilder(tokenizer, {
    template: data.template,
    system: data.system,
    chat: data.chat,
    maxPromptTokens: rollout.max_prompt_tokens,
    contextTokens,
    maxCompletionTokens: rollout.max_completion_tokens,
  });
}
