import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadTokenizer } from '../../core/model/tokenizer.ts';
import { createPromptBuilder, type PromptOptions } from '../../core/training/prompts.ts';
import { writeTinyExperiment } from '../runs/tinyExperiment.ts';
import { loadTiny, prepareTiny, recordTraining, type TinyChanges } from './tinyTraining.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'rlvr-bad-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

function folder(): string {
  return mkdtempSync(path.join(root, 'run-'));
}

describe('an experiment that cannot be run', () => {
  const rollout = { group_size: 4, batch_size: 16, max_prompt_tokens: 64, max_completion_tokens: 12 };
  const cases: readonly (readonly [string, TinyChanges, string, RegExp])[] = [
    [
      'target modules that match nothing',
      { adapter: { type: 'lora', target_modules: ['query'] } },
      'adapter/no-target',
      /"query".*linear: q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj/,
    ],
    [
      'a rank larger than a layer',
      { adapter: { type: 'lora', r: 40, target_modules: ['down_proj'] } },
      'adapter/invalid',
      /adapter\.r: rank 40 is larger than model\.layers\.0\.mlp\.down_proj \[16, 32\] allows: at most 16/,
    ],
    [
      'an optimizer that cannot train the adapter',
      { adapter: { type: 'ia3' }, optimizer: { type: 'loraplus' } },
      'config/invalid',
      /this method has no B/,
    ],
    [
      'a prompt longer than the limit',
      { rollout: { ...rollout, max_prompt_tokens: 3 } },
      'training/prompt-too-long',
      /has \d+ tokens; 3 fit \(rollout\.max_prompt_tokens 3/,
    ],
    [
      'a prompt longer than the context',
      { rollout: { ...rollout, max_prompt_tokens: 500, max_completion_tokens: 250 } },
      'training/prompt-too-long',
      /context of 256 less 250 for the completion/,
    ],
    [
      'a file that is not there',
      { data: { train: { type: 'jsonl', path: 'no.jsonl' } } },
      'dataset/invalid',
      /no\.jsonl/,
    ],
    ['an empty file', { data: { train: { type: 'jsonl', path: 'empty.jsonl' } } }, 'dataset/empty', /train split/],
    [
      'ranges that hold no problem',
      { data: { train: { type: 'arithmetic', operands: [50, 60], operators: { '-': 1 }, results: [90, 99] } } },
      'dataset/empty',
      /"arithmetic" holds no problem with these settings/,
    ],
  ];

  it.each(cases)('is refused with a typed error: %s', async (_, changes, code, message) => {
    const place = folder();
    writeFileSync(path.join(place, 'empty.jsonl'), '');
    const failure = await prepareTiny(place, changes).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'RlvrError', code });
    expect(failure).toHaveProperty('message', expect.stringMatching(message));
  });

  it('is refused for one long question among many short ones', async () => {
    const place = folder();
    const questions = Array.from({ length: 300 }, (_, i) => (i % 100 === 99 ? '1+'.repeat(60) + String(i) : String(i)));
    const lines = questions.map((question) => JSON.stringify({ question, answer: '1' }));
    writeFileSync(path.join(place, 'problems.jsonl'), lines.join('\n'));
    await expect(
      prepareTiny(place, {
        data: { train: { type: 'jsonl', path: { train: 'problems.jsonl' } } },
        evaluation: { before: false, problems: 1 },
      }),
    ).rejects.toMatchObject({ code: 'training/prompt-too-long', fields: { room: 64 } });
  });

  it('is refused without a tokenizer', async () => {
    const place = folder();
    const file = writeTinyExperiment(place);
    rmSync(path.join(place, 'model', 'tokenizer.json'));
    await expect(loadTiny(file)).rejects.toMatchObject({ code: 'tokenizer/missing' });
  });

  it('is refused where supervised training has nothing to copy', async () => {
    const place = folder();
    const lines = Array.from({ length: 60 }, (_, i) =>
      JSON.stringify({ question: `What is ${i}?`, answer: String(i) }),
    );
    writeFileSync(path.join(place, 'problems.jsonl'), lines.join('\n'));
    const options = await prepareTiny(place, {
      data: { train: { type: 'jsonl', path: 'problems.jsonl' } },
      objective: { type: 'sft' },
      rewards: [],
      evaluation: { before: false, problems: 1 },
    });
    await expect(recordTraining(options)).rejects.toMatchObject({
      code: 'dataset/invalid',
      message: expect.stringMatching(/has no demonstration to learn from/) as string,
    });
  });
});

describe('a prompt', () => {
  const place = folder();
  writeTinyExperiment(place);
  const tokenizer = loadTokenizer(path.join(place, 'model'));
  const options: PromptOptions = {
    template: 'Q: {question}',
    chat: false,
    maxPromptTokens: 20,
    contextTokens: 30,
    maxCompletionTokens: 12,
  };
  const problem = (question: string) => ({ id: 'p1', question, reference: '1', family: 'test' });

  it('is as long as the context leaves room for, and not longer', () => {
    const build = createPromptBuilder(tokenizer, options);
    const room = 30 - 12 - tokenizer.encode('Q: ').length;
    const fits = '7'.repeat(room);
    expect(build(problem(fits)).ids).toHaveLength(18);
    expect(() => build(problem(`${fits}7`))).toThrow(
      expect.objectContaining({ code: 'training/prompt-too-long', fields: { problem: 'p1', tokens: 19, room: 18 } }),
    );
  });

  it('puts the question into the template as it is, and the template of the chat around it', () => {
    const [plain, chat] = [false, true].map((isChat) =>
      createPromptBuilder(tokenizer, { ...options, maxPromptTokens: 200, contextTokens: 400, chat: isChat }),
    );
    expect(plain!(problem('$& 1+1')).text).toBe('Q: $& 1+1');
    const { text, ids } = chat!(problem('1+1'));
    expect(text).toContain('Q: 1+1');
    expect(text).not.toBe('Q: 1+1');
    expect(tokenizer.decode(ids)).toBe(text);
  });
});
