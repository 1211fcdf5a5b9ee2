import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { RlvrError } from '../errors.ts';
import type { ChatMessage, ChatOptions } from './chatTemplate.ts';
import { renderChat } from './chatTemplate.ts';
import type { JsonObject } from './readJsonObject.ts';
import { isJsonObject, readJsonObject, readTextFile } from './readJsonObject.ts';
import type { Tokenizer } from './tokenizer.ts';

const MAX_TEMPLATE_BYTES = 2 ** 22;

/**
 * A folder's chat templates by name, from the first place that has any: chat_template.jinja with additional_chat_templates/,
 * `chat_template` in tokenizer_config.json (one, or a list of named ones), chat_template.json. A single one is `default`.
 *
 * @throws RlvrError `tokenizer/invalid` for a file that cannot be read
 */
export function readChatTemplates(folder: string, tokenizerConfig: JsonObject): ReadonlyMap<string, string> {
  const fromFiles = readTemplateFiles(folder);
  if (fromFiles.size > 0) return fromFiles;
  const fromConfig = namedTemplates(tokenizerConfig['chat_template']);
  if (fromConfig.size > 0) return fromConfig;
  const file = path.join(folder, 'chat_template.json');
  if (!existsSync(file)) return new Map();
  return namedTemplates(readJsonObject(file, 'tokenizer/invalid', MAX_TEMPLATE_BYTES)['chat_template']);
}

/** The template for a conversation: `tool_use` if it has tools and there is one, else `default`, else the only one there is. */
export function selectChatTemplate(templates: ReadonlyMap<string, string>, hasTools = false): string | undefined {
  const forTools = hasTools ? templates.get('tool_use') : undefined;
  const [only] = templates.size === 1 ? templates.values() : [];
  return forTools ?? templates.get('default') ?? only;
}

/**
 * Renders a conversation with the tokenizer's own template and special tokens.
 *
 * @throws RlvrError `tokenizer/missing` if it has no template, `tokenizer/invalid` as `renderChat` does
 */
export function applyChatTemplate(
  tokenizer: Pick<Tokenizer, 'chatTemplates' | 'specialTokens'>,
  messages: readonly ChatMessage[],
  options: ChatOptions = {},
): string {
  const { chatTemplates, specialTokens } = tokenizer;
  const template = selectChatTemplate(chatTemplates, options.tools !== undefined);
  if (template === undefined) {
    const names = [...chatTemplates.keys()];
    const problem = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}, and none of them is the default`;
    throw new RlvrError('tokenizer/missing', `the tokenizer has no chat template to use: ${problem}`, {
      templates: names,
    });
  }
  return renderChat(template, messages, { ...options, specialTokens: { ...specialTokens, ...options.specialTokens } });
}

function readTemplateFiles(folder: string): ReadonlyMap<string, string> {
  const templates = new Map<string, string>();
  const single = path.join(folder, 'chat_template.jinja');
  if (existsSync(single)) templates.set('default', readTextFile(single, 'tokenizer/invalid', MAX_TEMPLATE_BYTES));
  const additional = path.join(folder, 'additional_chat_templates');
  if (!existsSync(additional)) return templates;
  for (const name of readdirSync(additional).filter((entry) => entry.endsWith('.jinja'))) {
    templates.set(
      name.slice(0, -'.jinja'.length),
      readTextFile(path.join(additional, name), 'tokenizer/invalid', MAX_TEMPLATE_BYTES),
    );
  }
  return templates;
}

function namedTemplates(value: unknown): ReadonlyMap<string, string> {
  if (typeof value === 'string') return new Map([['default', value]]);
  const templates = new Map<string, string>();
  for (const entry of Array.isArray(value) ? (value as unknown[]) : []) {
    if (!isJsonObject(entry)) continue;
    const { name, template } = entry;
    if (typeof name === 'string' && typeof template === 'string') templates.set(name, template);
  }
  return templates;
}
