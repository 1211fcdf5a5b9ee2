import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Files of a model folder that belong to its tokenizer. */
const tokenizerFiles = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'tokenizer.model',
  'chat_template.jinja',
  'chat_template.json',
] as const;

/** Contents of a folder's tokenizer files, those that exist, by name. */
export function readTokenizerFiles(folder: string): ReadonlyMap<string, Uint8Array> {
  const present = tokenizerFiles.filter((name) => existsSync(path.join(folder, name)));
  return new Map(present.map((name) => [name, readFileSync(path.join(folder, name))]));
}
