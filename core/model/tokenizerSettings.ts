import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { RlvrError } from '../errors.ts';
import { readChatTemplates } from './chatTemplates.ts';
import type { JsonObject } from './readJsonObject.ts';
import { isJsonObject, readJsonObject } from './readJsonObject.ts';

/** The files of a tokenizer, read and checked. */
export interface TokenizerSettings {
  /** tokenizer.json, with every part that may be left out present. */
  readonly tokenizer: JsonObject;
  /** tokenizer_config.json, or nothing. */
  readonly config: JsonObject;
  /** One more than the largest token id. */
  readonly vocabularySize: number;
  /** By name: `bos_token`, `eos_token`, `unk_token`, `pad_token`, ... */
  readonly specialTokens: Readonly<Record<string, string>>;
  readonly cleanUpSpaces: boolean;
  readonly chatTemplates: ReadonlyMap<string, string>;
}

const MAX_TOKENIZER_BYTES = 2 ** 28;
const MAX_CONFIG_BYTES = 2 ** 24;
const MAX_TOKEN_ID = 2 ** 24;

const specialTokenNames = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'];

const tokenId = z.int().min(0).max(MAX_TOKEN_ID);

const addedTokenSchema = z.looseObject({
  id: tokenId,
  content: z.string().min(1),
  single_word: z.literal(false, 'whole-word tokens are not supported').optional(),
});

const partSchema = z.looseObject({}).nullish();

const tokenizerSchema = z.looseObject({
  model: z.looseObject({
    type: z.enum(['BPE', 'Unigram', 'WordPiece', 'WordLevel']).optional(),
    vocab: z.union([z.record(z.string(), tokenId), z.array(z.tuple([z.string(), z.number()])).max(MAX_TOKEN_ID)]),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])).optional(),
  }),
  added_tokens: z.array(addedTokenSchema).optional(),
  normalizer: partSchema,
  pre_tokenizer: partSchema,
  post_processor: partSchema,
  decoder: partSchema,
});

/**
 * Reads and checks a folder's tokenizer files.
 *
 * @throws RlvrError `tokenizer/missing`, `tokenizer/invalid`
 */
export function readTokenizerSettings(folder: string): TokenizerSettings {
  const file = path.join(folder, 'tokenizer.json');
  if (!existsSync(file)) {
    const problem = `${file} does not exist; expected the file that transformers' fast tokenizers save`;
    throw new RlvrError('tokenizer/missing', problem, { path: folder });
  }
  const raw = readJsonObject(file, 'tokenizer/invalid', MAX_TOKENIZER_BYTES);
  const vocabularySize = checkTokenizer(raw, file);
  const config = readOptional(folder, 'tokenizer_config.json');
  return {
    // eslint-disable-next-line no-restricted-syntax -- the format's and the library's word for a part that is not there
    tokenizer: { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, added_tokens: [], ...raw },
    config,
    vocabularySize,
    specialTokens: specialTokensOf(config, readOptional(folder, 'special_tokens_map.json')),
    cleanUpSpaces: config['clean_up_tokenization_spaces'] === true && !isBpe(raw),
    chatTemplates: readChatTemplates(folder, config),
  };
}

function readOptional(folder: string, name: string): JsonObject {
  const file = path.join(folder, name);
  return existsSync(file) ? readJsonObject(file, 'tokenizer/invalid', MAX_CONFIG_BYTES) : {};
}

function checkTokenizer(raw: JsonObject, file: string): number {
  const result = tokenizerSchema.safeParse(raw);
  if (!result.success) {
    const problems = result.error.issues
      .slice(0, 5)
      .map((issue) => `${issue.path.slice(0, 4).join('.')}: ${issue.message}`);
    throw new RlvrError('tokenizer/invalid', `${file}: ${problems.join('; ')}`, { path: file });
  }
  const { model, added_tokens = [] } = result.data;
  const ids = Array.isArray(model.vocab) ? [model.vocab.length - 1] : Object.values(model.vocab);
  return [...ids, ...added_tokens.map(({ id }) => id)].reduce((largest, id) => Math.max(largest, id), -1) + 1;
}

function isBpe(tokenizer: JsonObject): boolean {
  const { model } = tokenizer;
  return isJsonObject(model) && (model['type'] === 'BPE' || 'merges' in model);
}

function specialTokensOf(...sources: readonly JsonObject[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of specialTokenNames) {
    const token = sources.map((source) => tokenText(source[name])).find((text) => text !== undefined);
    if (token !== undefined) found[name] = token;
  }
  return found;
}

function tokenText(token: unknown): string | undefined {
  const text = isJsonObject(token) ? token['content'] : token;
  return typeof text === 'string' ? text : undefined;
}
