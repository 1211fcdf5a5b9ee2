import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadTokenizer } from '../../core/model/tokenizer.ts';
import { goldenPath, hasGolden } from '../goldenFolder.ts';

interface TransformersCases {
  readonly model_folder: string;
  readonly vocab_size: number;
  readonly encode: readonly {
    text: string;
    ids: number[];
    tokens: string[];
    decoded: string;
    decoded_skip_special: string;
  }[];
  readonly decode_of_cut_sequences: readonly { ids: number[]; decoded: string }[];
}

interface TextCases {
  readonly vocab_size: number;
  readonly encode: readonly { text: string; ids: number[]; ids_with_special: number[] }[];
  readonly decode: readonly { ids: number[]; text: string; text_skip_special: string }[];
}

function readJson(...parts: string[]): unknown {
  return JSON.parse(readFileSync(goldenPath(...parts), 'utf8'));
}

describe('transformers/tokenizer', () => {
  if (!hasGolden('transformers', 'tokenizer.json')) {
    it.skip('no transformers/tokenizer.json in the golden folder');
    return;
  }
  const golden = readJson('transformers', 'tokenizer.json') as TransformersCases;
  const tokenizer = loadTokenizer(goldenPath('transformers', 'models', golden.model_folder));

  it('has the same vocabulary size', () => {
    expect(tokenizer.vocabularySize).toBe(golden.vocab_size);
  });

  it.each(golden.encode)('encodes and decodes $text', (entry) => {
    const { text, ids, tokens, decoded } = entry;
    expect(tokenizer.encode(text)).toEqual(ids);
    expect(ids.map((id) => tokenizer.tokenOf(id))).toEqual(tokens);
    expect(tokens.map((token) => tokenizer.idOf(token))).toEqual(ids);
    expect(tokenizer.decode(ids)).toBe(decoded);
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(entry.decoded_skip_special);
  });

  it.each(golden.decode_of_cut_sequences)('decodes the cut sequence $ids', ({ ids, decoded }) => {
    expect(tokenizer.decode(ids)).toBe(decoded);
  });
});

describe('transformers/models', () => {
  const models = hasGolden('transformers', 'models') ? readdirSync(goldenPath('transformers', 'models')) : [];
  if (models.length === 0) {
    it.skip('no transformers/models in the golden folder');
    return;
  }
  it.each(models)('%s: special tokens and chat template', (name) => {
    const folder = goldenPath('transformers', 'models', name);
    const config = readJson('transformers', 'models', name, 'tokenizer_config.json') as Record<string, unknown>;
    const tokenizer = loadTokenizer(folder);
    expect(tokenizer.specialTokens['eos_token']).toBe(config['eos_token']);
    expect(tokenizer.tokenOf(tokenizer.eosIds[0]!)).toBe(config['eos_token']);
    expect(tokenizer.tokenOf(tokenizer.padId!)).toBe(config['pad_token']);
    const file = goldenPath('transformers', 'models', name, 'chat_template.jinja');
    expect(tokenizer.chatTemplate).toBe(existsSync(file) ? readFileSync(file, 'utf8') : config['chat_template']);
  });
});

describe('text/tokenizers', () => {
  const names = hasGolden('text', 'tokenizers') ? readdirSync(goldenPath('text', 'tokenizers')) : [];
  if (names.length === 0) {
    it.skip('no text/tokenizers in the golden folder');
    return;
  }
  it.each(names)('%s', (name) => {
    const golden = readJson('text', 'tokenizers', name, 'cases.json') as TextCases;
    const tokenizer = loadTokenizer(goldenPath('text', 'tokenizers', name));
    expect(tokenizer.vocabularySize).toBe(golden.vocab_size);
    for (const { text, ids, ids_with_special } of golden.encode) {
      expect(tokenizer.encode(text), text).toEqual(ids);
      expect(tokenizer.encode(text, { addSpecialTokens: true }), text).toEqual(ids_with_special);
    }
    for (const { ids, text, text_skip_special } of golden.decode) {
      expect(tokenizer.decode(ids), ids.join()).toBe(text);
      expect(tokenizer.decode(ids, { skipSpecialTokens: true }), ids.join()).toBe(text_skip_special);
    }
  });
});
