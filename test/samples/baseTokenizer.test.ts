import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Template } from '@huggingface/jinja';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tokenizer } from '../../core/model/tokenizer.ts';
import { loadTokenizer } from '../../core/model/tokenizer.ts';
import { arithmetic } from '../../plugins/datasets/arithmetic/arithmetic.ts';
import { baseTokenIds, baseVocabulary, writeBaseTokenizer } from '../../samples/recipe/baseTokenizer.ts';
import { corpusDataset } from '../../samples/recipe/corpus.ts';

interface TokenizerConfig {
  readonly chat_template: string;
  readonly eos_token: string;
}

let folder: string;
let tokenizer: Tokenizer;
let config: TokenizerConfig;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rlvr-tokenizer-'));
  writeBaseTokenizer(folder);
  config = JSON.parse(readFileSync(path.join(folder, 'tokenizer_config.json'), 'utf8')) as TokenizerConfig;
  tokenizer = loadTokenizer(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const idsOf = (text: string): number[] => tokenizer.encode(text);

function promptOf(question: string): string {
  const messages = [{ role: 'user', content: question }];
  return new Template(config.chat_template).render({ messages, add_generation_prompt: true });
}

describe('vocabulary', () => {
  it('holds each token once', () => {
    expect(new Set(baseVocabulary).size).toBe(baseVocabulary.length);
    expect(baseVocabulary).toHaveLength(112);
    expect(baseTokenIds).toEqual({ pad: 0, bos: 0, eos: 2 });
    expect(baseVocabulary[baseTokenIds.eos]).toBe(config.eos_token);
  });

  it('gives every token back', () => {
    for (const [id, token] of baseVocabulary.entries()) {
      expect(idsOf(token), token).toEqual([id]);
      expect(tokenizer.decode([id])).toBe(token);
    }
  });
});

describe('texts', () => {
  it.each([
    ['<think>12+7=19, 19*3=57</think>\\boxed{57}', '<think> 1 2 + 7 = 1 9 ,_ 1 9 * 3 = 5 7 </think> \\boxed{ 5 7 }'],
    ['What is (12+7)*3?', 'What_is_ ( 1 2 + 7 ) * 3 ?'],
    ['Solve 3*x+4=19', 'Solve_ 3 * x + 4 = 1 9'],
    ['Whatis', 'W h a t i s'],
  ])('%j', (text, tokens) => {
    expect(
      idsOf(text)
        .map((id) => tokenizer.decode([id]).replaceAll(' ', '_'))
        .join(' '),
    ).toBe(tokens);
    expect(tokenizer.decode(idsOf(text))).toBe(text);
  });

  it('encodes any text, and drops what has no token', () => {
    expect(idsOf('é😀\u0000你')).toEqual([]);
    expect(tokenizer.decode(idsOf('a é b\t\n c'))).toBe('a  b\t\n c');
  });

  it('keeps the marks of thought and answer when special tokens are left out', () => {
    const ids = idsOf('<|im_start|><think>1</think>\\boxed{1}<|im_end|><|endoftext|>');
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe('<think>1</think>\\boxed{1}');
  });
});

it('makes a short prompt by its chat template', () => {
  const prompt = promptOf('What is (12+7)*3-5?');
  expect(prompt).toBe('<|im_start|>user\nWhat is (12+7)*3-5?<|im_end|>\n<|im_start|>assistant\n');
  expect(idsOf(prompt)).toHaveLength(18);
});

describe('corpus', () => {
  it('needs at most 48 new tokens, whatever the problem', async () => {
    const { type, ...settings } = corpusDataset;
    expect(type).toBe(arithmetic.id);
    const parsed = arithmetic.config.parse({ ...settings, worked: 1 });
    const source = await arithmetic.open(parsed, { split: 'train', seed: 42, baseFolder: folder });
    let longest = 0;
    for (let index = 0; index < 20_000; index++) {
      const { demonstration = '', question } = source.problem(index);
      const ids = idsOf(`${demonstration}<|im_end|>`);
      expect(tokenizer.decode(ids)).toBe(`${demonstration}<|im_end|>`);
      expect(idsOf(promptOf(question)).length).toBeLessThanOrEqual(32);
      longest = Math.max(longest, ids.length);
    }
    expect(longest).toBeLessThanOrEqual(48);
    expect(longest).toBeGreaterThanOrEqual(idsOf(longestChain(parsed.operations[1])).length);
  });

  it('writes every setting out, so that other defaults change nothing', () => {
    const { type: _, ...settings } = corpusDataset;
    expect(Object.keys(settings).sort()).toEqual(Object.keys(arithmetic.config.parse({})).sort());
  });
});

/** Steps of two-digit numbers only: no chain with results below 100 is longer. */
function longestChain(operations: number): string {
  const steps = Array.from({ length: operations }, () => '11+11=22').join(', ');
  return `<think>${steps}</think>\\boxed{22}<|im_end|>`;
}
