import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RlvrError } from '../../core/errors.ts';
import type { ChatMessage, ChatOptions } from '../../core/model/chatTemplate.ts';
import { renderChat } from '../../core/model/chatTemplate.ts';
import { loadTokenizer } from '../../core/model/tokenizer.ts';
import { goldenPath, hasGolden } from '../goldenFolder.ts';

interface Render {
  readonly template: string;
  readonly messages: ChatMessage[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly add_generation_prompt: boolean;
  readonly text: string;
  readonly ids: number[];
}

interface TemplateCase {
  readonly template: string;
  readonly messages: ChatMessage[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly text?: string;
  readonly error?: string;
}

function readJson(...parts: string[]): unknown {
  return JSON.parse(readFileSync(goldenPath(...parts), 'utf8'));
}

/** transformers' keyword arguments as our options. */
function toOptions(keywords: Readonly<Record<string, unknown>>): ChatOptions {
  const { tools, add_generation_prompt, ...variables } = keywords;
  const shared = { addGenerationPrompt: add_generation_prompt === true, variables };
  return tools === undefined ? shared : { ...shared, tools: tools as unknown[] };
}

describe('transformers/chat_templates', () => {
  if (!hasGolden('transformers', 'chat_templates.json')) {
    it.skip('no transformers/chat_templates.json in the golden folder');
    return;
  }
  const { templates, renders } = readJson('transformers', 'chat_templates.json') as {
    templates: Record<string, string>;
    renders: Render[];
  };
  const tokenizer = hasGolden('transformers', 'tokenizer.json')
    ? loadTokenizer(
        goldenPath(
          'transformers',
          'models',
          (readJson('transformers', 'tokenizer.json') as { model_folder: string }).model_folder,
        ),
      )
    : undefined;

  it.each(renders.map((entry, index) => ({ ...entry, index })))('$index: $template', (entry) => {
    const options = toOptions({ ...entry.kwargs, add_generation_prompt: entry.add_generation_prompt });
    const text = renderChat(templates[entry.template]!, entry.messages, options);
    expect(text).toBe(entry.text);
    if (tokenizer !== undefined) expect(tokenizer.encode(text)).toEqual(entry.ids);
  });
});

describe('text/templates', () => {
  if (!hasGolden('text', 'templates.json')) {
    it.skip('no text/templates.json in the golden folder');
    return;
  }
  const { cases } = readJson('text', 'templates.json') as { cases: TemplateCase[] };
  it.each(cases.map((entry, index) => ({ ...entry, index })))('$index: $template', (entry) => {
    const render = (): string => renderChat(entry.template, entry.messages, toOptions(entry.options));
    if (entry.text === undefined) expect(render).toThrow(RlvrError);
    else expect(render()).toBe(entry.text);
  });
});
