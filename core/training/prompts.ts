import type { ContextMessage, Problem, ProblemSource } from '../contracts/dataset.ts';
import { RlvrError } from '../errors.ts';
import { applyChatTemplate } from '../model/applyChatTemplate.ts';
import type { Tokenizer } from '../model/tokenizer.ts';

/** How problems become prompts. */
export interface PromptOptions {
  /** What the user says; `{question}` stands for the problem, as its data set words it. */
  readonly template: string;
  /** System message; of problems that bring one of their own it takes the place. */
  readonly system?: string | undefined;
  /** Whether the model's chat template is put around it. */
  readonly chat: boolean;
  readonly maxPromptTokens: number;
  /** Longest sequence of the model, completion included. */
  readonly contextTokens: number;
  readonly maxCompletionTokens: number;
}

/** A problem as the model is asked it. */
export interface Prompt {
  readonly problem: Problem;
  readonly text: string;
  readonly ids: readonly number[];
}

/** Makes a prompt of each problem. Throws `training/prompt-too-long`; a prompt is never cut. */
export function createPromptBuilder(tokenizer: Tokenizer, options: PromptOptions): (problem: Problem) => Prompt {
  if (options.chat && tokenizer.chatTemplate === undefined) {
    throw new RlvrError(
      'tokenizer/invalid',
      'The tokenizer has no chat template. Set data.chat to false, or use a model that has one.',
    );
  }
  return (problem) => {
    const text = promptText(problem, options, tokenizer);
    const ids = tokenizer.encode(text, { addSpecialTokens: !options.chat });
    const room = Math.min(options.maxPromptTokens, options.contextTokens - options.maxCompletionTokens);
    if (ids.length > room) {
      throw new RlvrError(
        'training/prompt-too-long',
        `The prompt of problem "${problem.id}" has ${ids.length} tokens; ${room} fit ` +
          `(rollout.max_prompt_tokens ${options.maxPromptTokens}, the model's context of ${options.contextTokens} less ` +
          `${options.maxCompletionTokens} for the completion).`,
        { problem: problem.id, tokens: ids.length, room },
      );
    }
    if (ids.length === 0)
      throw new RlvrError('dataset/invalid', `The prompt of problem "${problem.id}" is empty.`, {
        problem: problem.id,
      });
    return { problem, text, ids };
  };
}

/** The problem's conversation as text: in the model's chat template, or its messages one after another. */
function promptText(problem: Problem, { template, system, chat }: PromptOptions, tokenizer: Tokenizer): string {
  const said = template.replaceAll('{question}', () => problem.prompt ?? problem.question);
  const context = (problem.context ?? []).map(({ role, content }) => ({ role, content }));
  const messages = [
    ...(system === undefined ? context : [{ role: 'system', content: system }, ...context.filter(isNoSystemMessage)]),
    { role: 'user', content: said },
  ];
  if (chat) return applyChatTemplate(tokenizer, messages, { addGenerationPrompt: true });
  return messages.map(({ content }) => content).join('\n\n');
}

function isNoSystemMessage({ role }: ContextMessage): boolean {
  return role !== 'system';
}

/** Prompts of the first `count` problems, or of all where there are fewer. */
export function firstPrompts(
  source: ProblemSource,
  count: number,
  promptOf: (problem: Problem) => Prompt,
): readonly Prompt[] {
  return Array.from({ length: Math.min(count, source.size ?? count) }, (_, index) => promptOf(source.problem(index)));
}

/** Questions that are tried before a run starts. */
const triedQuestions = 64;

/**
 * Makes the prompts of the longest questions of a data set that ends, so that one that does not fit is found before anything starts
 * rather than in the middle of a run. Throws as the builder does.
 */
export function checkLongestPrompts(source: ProblemSource, promptOf: (problem: Problem) => Prompt): void {
  const problems = Array.from({ length: source.size ?? 1 }, (_, index) => source.problem(index));
  const longest = problems.sort((a, b) => charactersOf(b) - charactersOf(a)).slice(0, triedQuestions);
  for (const problem of longest) promptOf(problem);
}

function charactersOf({ question, prompt, context = [] }: Problem): number {
  return context.reduce((sum, { content }) => sum + content.length, (prompt ?? question).length);
}
