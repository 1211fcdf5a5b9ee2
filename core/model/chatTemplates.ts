import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { JsonObject } from './readJsonObject.ts';
import { isJsonObject, readJsonObject, readTextFile } from './readJsonObject.ts';

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
