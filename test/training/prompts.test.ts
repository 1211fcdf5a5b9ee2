import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../core/contracts/dataset.ts';
import { readModelConfig } from '../../core/model/modelConfig.ts';
import { loadTokenizer } from '../../core/model/tokenizer.ts';
import { createPromptBuilder, type PromptOptions } from '../../core/training/prompts.ts';

const folder = path.join(import.meta.dirname, '..', '..', 'samples', 'base');
const tokenizer = loadTokenizer(folder, readModelConfig(folder));
const base: PromptOptions = {
  template: '{question}',
  chat: false,
  maxPromptTokens: 500,
  contextTokens: 1000,
  maxCompletionTokens: 100,
};
const problem: Problem = { id: 'p', question: 'How many?', reference: '2', family: 'legs' };

function textOf(asked: Problem, options: Partial<PromptOptions> = {}): string {
  return createPromptBuilder(tokenizer, { ...base, ...options })(asked).text;
}

describe('a problem', () => {
  it('is asked as its data set words it, inside the experiment’s template', () => {
    const worded = { ...problem, prompt: 'How many? Use $& and a \\boxed{}.' };
    expect(textOf(problem, { template: 'Q: {question}' })).toBe('Q: How many?');
    expect(textOf(worded, { template: 'Q: {question}' })).toBe('Q: How many? Use $& and a \\boxed{}.');
  });

  it('comes after the messages of its context, whose system message the experiment’s replaces', () => {
    const context = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Yes?' },
    ];
    expect(textOf({ ...problem, context })).toBe('Be brief.\n\nHello\n\nYes?\n\nHow many?');
    expect(textOf({ ...problem, context }, { system: 'Think.' })).toBe('Think.\n\nHello\n\nYes?\n\nHow many?');
    const chat = textOf({ ...problem, context }, { chat: true });
    expect(['Be brief.', 'Hello', 'Yes?', 'How many?'].map((text) => chat.indexOf(text))).toEqual(
      ['Be brief.', 'Hello', 'Yes?', 'How many?'].map((text) => chat.indexOf(text)).toSorted((a, b) => a - b),
    );
    expect(chat).not.toContain('Think.');
    expect(textOf({ ...problem, context }, { chat: true, system: 'Think.' })).not.toContain('Be brief.');
  });
});
