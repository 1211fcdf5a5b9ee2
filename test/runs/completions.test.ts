import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  completionSteps,
  forgetCompletionsAfter,
  readCompletions,
  writeCompletions,
} from '../../core/runs/completions.ts';
import type { CompletionRow } from '../../core/runs/completions.ts';
import { temporaryFolder } from './folder.ts';

function row(changes: Partial<CompletionRow> = {}): CompletionRow {
  return {
    step: 3,
    prompt: 'What is 1+1?',
    completion: '<think>…</think> \\boxed{2} 🙂\n',
    rewards: { exact_answer: 1, format: undefined },
    advantage: -0.125,
    problemId: 'chain-7',
    finished: true,
    tokens: 12,
    ...changes,
  };
}

describe('writeCompletions', () => {
  it('is read back as it was written, undefined rewards included', async () => {
    const run = temporaryFolder();
    const rows = [row(), row({ rewards: { exact_answer: undefined, format: 0.5 }, completion: '', finished: false })];
    writeCompletions(run, 3, rows);
    writeCompletions(run, 12, [row({ step: 12 })]);
    expect(await readCompletions(run, 3)).toEqual(rows);
    expect(await readCompletions(run, 4)).toEqual([]);
    expect(completionSteps(run)).toEqual([3, 12]);
    expect(readdirSync(path.join(run, 'completions'))).toEqual(['step-000003.parquet', 'step-000012.parquet']);
  });

  it('writes the same bytes for the same rows', () => {
    const [a, b] = [temporaryFolder(), temporaryFolder()];
    for (const run of [a, b]) writeCompletions(run, 1, [row()]);
    const read = (run: string): Buffer => readFileSync(path.join(run, 'completions', 'step-000001.parquet'));
    expect(read(a).equals(read(b))).toBe(true);
  });

  it('keeps a reward apart from a column of the same name', async () => {
    const run = temporaryFolder();
    writeCompletions(run, 1, [row({ rewards: { finished: 0.5 } })]);
    expect(await readCompletions(run, 1)).toMatchObject([{ finished: true, rewards: { finished_reward: 0.5 } }]);
  });

  it.each([
    ['empty', ''],
    ['text', 'not a table at all'],
    ['a table’s ends without a table', 'PAR1\u00ff\u00ff\u00ff\u007fPAR1'],
  ])('refuses a file that is %s', async (_, content) => {
    const run = temporaryFolder();
    mkdirSync(path.join(run, 'completions'));
    writeFileSync(path.join(run, 'completions', 'step-000001.parquet'), content, 'latin1');
    await expect(readCompletions(run, 1)).rejects.toMatchObject({ code: 'run/corrupt' });
  });
});

describe('forgetCompletionsAfter', () => {
  it('removes later steps and unfinished files, nothing else', () => {
    const run = temporaryFolder();
    for (const step of [1, 2, 3]) writeCompletions(run, step, [row({ step })]);
    for (const name of ['.step-000002.parquet.1.ab.tmp', 'notes.txt'])
      writeFileSync(path.join(run, 'completions', name), '');
    forgetCompletionsAfter(run, 2);
    expect(readdirSync(path.join(run, 'completions')).sort()).toEqual([
      'notes.txt',
      'step-000001.parquet',
      'step-000002.parquet',
    ]);
  });
});
