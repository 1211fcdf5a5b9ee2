import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { RlvrError } from '../../core/errors.ts';
import { loadTokenizer } from '../../core/model/tokenizer.ts';
import { temporaryFolder } from './modelFolders.ts';

const root = temporaryFolder();
let folders = 0;

const bytes = Object.fromEntries(Array.from('abcĠĊ', (character, id) => [character, id]));
const valid = {
  version: '1.0',
  added_tokens: [
    { id: 5, content: '<end>', special: true, normalized: false },
    { id: 9, content: '<think>', special: false, normalized: false },
  ],
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
  decoder: { type: 'ByteLevel' },
  model: { type: 'BPE', vocab: bytes, merges: [] },
};

function folderWith(files: Readonly<Record<string, unknown>>): string {
  const folder = path.join(root, String((folders += 1)));
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

describe('loadTokenizer', () => {
  it('needs tokenizer.json only, and parts of it may be left out', () => {
    const tokenizer = loadTokenizer(folderWith({ 'tokenizer.json': valid }));
    expect(tokenizer.encode('ab c<end>')).toEqual([0, 1, 3, 2, 5]);
    expect(tokenizer.encode('')).toEqual([]);
    expect(tokenizer.vocabularySize).toBe(10);
    expect(tokenizer.eosIds).toEqual([]);
    expect(tokenizer.padId).toBeUndefined();
    expect(tokenizer.chatTemplate).toBeUndefined();
    expect(tokenizer.idOf('toString')).toBeUndefined();
    expect(tokenizer.idOf('<think>')).toBe(9);
    expect(tokenizer.tokenOf(7)).toBeUndefined();
  });

  it('drops characters without a token, and ids without one', () => {
    const tokenizer = loadTokenizer(folderWith({ 'tokenizer.json': valid }));
    expect(tokenizer.encode('axb')).toEqual([0, 1]);
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.decode([7, -1, 400, 0.5])).toBe('');
    expect(tokenizer.decode([0, 7, 5, 9, 4])).toBe('a<end><think>\n');
    expect(tokenizer.decode([0, 5, 9], { skipSpecialTokens: true })).toBe('a<think>');
  });

  it('finds special tokens in either file, as text or as objects', () => {
    const config = { eos_token: { content: '<end>', lstrip: false }, chat_template: 'x' };
    const tokenizer = loadTokenizer(folderWith({ 'tokenizer.json': valid, 'tokenizer_config.json': config }));
    expect(tokenizer.specialTokens).toEqual({ eos_token: '<end>' });
    expect(tokenizer.eosIds).toEqual([5]);
    expect(tokenizer.padId).toBe(5);
    const map = { eos_token: 'c', pad_token: 'a', bos_token: { content: 'b' } };
    const both = loadTokenizer(
      folderWith({ 'tokenizer.json': valid, 'tokenizer_config.json': config, 'special_tokens_map.json': map }),
    );
    expect([both.bosId, both.eosIds, both.padId]).toEqual([1, [5], 0]);
  });

  it('ignores the clean-up of spaces for byte pairs, as transformers 5 does', () => {
    const config = { clean_up_tokenization_spaces: true };
    const model = { ...valid.model, vocab: { ...bytes, '.': 6 } };
    const tokenizer = loadTokenizer(
      folderWith({ 'tokenizer.json': { ...valid, model }, 'tokenizer_config.json': config }),
    );
    expect(tokenizer.decode(tokenizer.encode('a .'))).toBe('a .');
  });

  it('says what is missing', () => {
    expect(() => loadTokenizer(folderWith({}))).toThrow(
      expect.objectContaining({
        code: 'tokenizer/missing',
        message: expect.stringContaining('tokenizer.json does not exist') as string,
      }),
    );
    expect(() => loadTokenizer(path.join(root, 'absent'))).toThrow(
      expect.objectContaining({ code: 'tokenizer/missing' }),
    );
  });

  it.each([
    ['no JSON', '{', 'is not valid'],
    ['no object', '[]', 'expected a JSON object'],
    ['no model', {}, 'model'],
    ['no vocabulary', { model: { type: 'BPE', merges: [] } }, 'model.vocab'],
    ['an unknown model', { ...valid, model: { ...valid.model, type: 'Magic' } }, 'model.type'],
    ['a negative id', { ...valid, model: { ...valid.model, vocab: { a: -1 } } }, 'model.vocab'],
    ['an id of text', { ...valid, model: { ...valid.model, vocab: { a: '1' } } }, 'model.vocab'],
    ['an enormous id', { ...valid, model: { ...valid.model, vocab: { a: 1e12 } } }, 'model.vocab'],
    ['merges of numbers', { ...valid, model: { ...valid.model, merges: [1] } }, 'model.merges.0'],
    ['an added token without text', { ...valid, added_tokens: [{ id: 1 }] }, 'added_tokens.0.content'],
    ['an empty added token', { ...valid, added_tokens: [{ id: 1, content: '' }] }, 'added_tokens.0.content'],
    [
      'a whole-word token',
      { ...valid, added_tokens: [{ id: 1, content: 'x', single_word: true }] },
      'whole-word tokens are not supported',
    ],
    ['an unknown pre-tokenizer', { ...valid, pre_tokenizer: { type: 'Magic' } }, 'Magic'],
    ['an unknown decoder', { ...valid, decoder: { type: 'Magic' } }, 'Magic'],
    [
      'a pattern that is none',
      { ...valid, pre_tokenizer: { type: 'Split', pattern: { Regex: '(' }, behavior: 'Isolated' } },
      'tokenizer.json',
    ],
  ])('refuses a tokenizer.json of %s', (_, content, problem) => {
    expect(() => loadTokenizer(folderWith({ 'tokenizer.json': content }))).toThrow(
      expect.objectContaining({ code: 'tokenizer/invalid', message: expect.stringContaining(problem) as string }),
    );
  });

  it('refuses ids that the model has no rows for', () => {
    const folder = folderWith({ 'tokenizer.json': valid });
    expect(loadTokenizer(folder, { vocabularySize: 10 }).vocabularySize).toBe(10);
    expect(() => loadTokenizer(folder, { vocabularySize: 9 })).toThrow(
      expect.objectContaining({
        code: 'tokenizer/invalid',
        message: `${path.join(folder, 'tokenizer.json')}: token 9 is outside of the model; expected less than vocab_size 9`,
      }),
    );
  });

  it('refuses a damaged tokenizer_config.json', () => {
    const folder = folderWith({ 'tokenizer.json': valid, 'tokenizer_config.json': 'null' });
    expect(() => loadTokenizer(folder)).toThrow(expect.objectContaining({ code: 'tokenizer/invalid' }));
  });

  it('answers damaged files with a tokenizer or an RlvrError, nothing else', () => {
    const text = JSON.stringify(valid);
    for (let round = 0; round < 300; round += 1) {
      const damaged = Buffer.from(round % 3 === 0 ? text.slice(0, (round * text.length) / 300) : text);
      for (const step of [7919, 104729]) {
        if (damaged.length > 0) damaged[(round * step) % damaged.length]! ^= 1 << (round % 8);
      }
      const folder = folderWith({ 'tokenizer.json': damaged.toString('latin1') });
      try {
        const tokenizer = loadTokenizer(folder);
        tokenizer.decode(tokenizer.encode('ab <end> c'));
      } catch (error) {
        expect(error).toBeInstanceOf(RlvrError);
      }
    }
  });
});
