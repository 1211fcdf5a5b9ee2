import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firstProblems } from '../../../core/conformance/datasetBehaviours.ts';
import { jsonl } from '../../../plugins/datasets/jsonl.ts';
import { openDataset } from './openDataset.ts';

let baseFolder: string;
beforeAll(() => {
  baseFolder = mkdtempSync(path.join(tmpdir(), 'rlvr-jsonl-'));
});
afterAll(() => rmSync(baseFolder, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(path.join(baseFolder, name), content);
  return name;
}

function rows(from: number, to: number): string {
  const numbers = Array.from({ length: to - from }, (_, index) => from + index);
  return numbers
    .map((number) => `${JSON.stringify({ question: `What is ${number}+1?`, answer: number + 1 })}\n`)
    .join('');
}

async function questionsOf(
  options: Record<string, unknown>,
  split: 'train' | 'selection' | 'report',
): Promise<string[]> {
  const source = await openDataset(jsonl, options, { split, baseFolder });
  return firstProblems(source, Infinity).map(({ question }) => question);
}

describe('one file', () => {
  it('is divided into three splits that share nothing and miss nothing', async () => {
    const options = { path: write('all.jsonl', rows(0, 1_000)) };
    const parts = [];
    for (const split of ['train', 'selection', 'report'] as const) {
      parts.push(await questionsOf(options, split));
    }
    expect(new Set(parts.flat()).size).toBe(1_000);
    expect(parts.flat()).toHaveLength(1_000);
    expect(parts.map(({ length }) => length > 50)).toEqual([true, true, true]);
  });

  it('gives problems with their columns, in the file’s order', async () => {
    const row = {
      prompt: 'How many?',
      solution: '9*2=18\n#### 18',
      kind: 'eggs',
      worked: '<think></think>\\boxed{18}',
    };
    const file = write('columns.jsonl', `\ufeff\n${JSON.stringify(row)}\r\n\n${rows(0, 50)}`);
    const columns = { question: 'prompt', reference: 'solution', family: 'kind', demonstration: 'worked' };
    const lines = write('one.jsonl', `\ufeff\n${JSON.stringify(row)}\r\n\n`);
    const source = await openDataset(
      jsonl,
      { path: { train: lines }, reference_after: '####', carve: false, ...columns },
      { baseFolder },
    );
    expect(source.size).toBe(1);
    expect(source.problem(0)).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/u) as string,
      question: 'How many?',
      reference: '18',
      family: 'eggs',
      demonstration: '<think></think>\\boxed{18}',
    });
    expect(() => source.problem(1)).toThrow('has 1 problems; there is no index 1');
    await expect(questionsOf({ path: file, question: 'prompt' }, 'train')).rejects.toMatchObject({
      code: 'dataset/invalid',
    });
  });

  it('counts a question once, however often it stands there', async () => {
    const options = { path: { train: write('twice.jsonl', rows(0, 40) + rows(20, 60)) }, carve: false };
    expect(await questionsOf(options, 'train')).toHaveLength(60);
  });
});

describe('a file for each split', () => {
  it('refuses a question that stands in two of them, and names the rows', async () => {
    const train = write('train.jsonl', rows(0, 100));
    const report = write('report.jsonl', rows(98, 130).replaceAll('What is', 'WHAT  is'));
    for (const split of ['train', 'report'] as const) {
      await expect(questionsOf({ path: { train, report } }, split)).rejects.toMatchObject({
        code: 'dataset/invalid',
        message: expect.stringMatching(
          /overlap: 2 questions stand .*report\.jsonl:1 \(report\) and .*train\.jsonl:99 \(train\)/u,
        ) as string,
      });
    }
  });

  it('keeps the questions of the report file out of training and selection where told to', async () => {
    const train = write('train.jsonl', rows(0, 100));
    const selection = write('selection.jsonl', rows(80, 120));
    const report = write('report.jsonl', rows(90, 130).replaceAll('What is', 'WHAT  is'));
    const options = { path: { train, selection, report }, overlap: 'drop' };
    expect(await questionsOf(options, 'train')).toHaveLength(80);
    expect(await questionsOf(options, 'selection')).toHaveLength(10);
    expect(await questionsOf(options, 'report')).toHaveLength(40);
  });

  it('carves a split that has none out of training, and no other', async () => {
    const train = write('train.jsonl', rows(0, 500));
    const report = write('report.jsonl', rows(600, 700));
    const parts = [];
    for (const split of ['train', 'selection', 'report'] as const) {
      parts.push(await questionsOf({ path: { train, report } }, split));
    }
    expect(parts.flat()).toHaveLength(600);
    expect(new Set(parts.flat()).size).toBe(600);
    expect(parts[1]?.length).toBeGreaterThan(25);
    expect(parts[2]).toHaveLength(100);
    expect(await questionsOf({ path: { train, report }, carve: false }, 'train')).toHaveLength(500);
    await expect(questionsOf({ path: { train, report }, carve: false }, 'selection')).rejects.toMatchObject({
      code: 'dataset/empty',
      message: expect.stringContaining('there is no file for it') as string,
    });
  });

  it('says which split has nothing of its own', async () => {
    const train = write('train.jsonl', rows(0, 100));
    await expect(questionsOf({ path: { report: train } }, 'train')).rejects.toMatchObject({
      code: 'dataset/empty',
      message: expect.stringContaining('there is no file for it, nor a part of the training files') as string,
    });
    await expect(questionsOf({ path: { train, report: train }, overlap: 'drop' }, 'train')).rejects.toMatchObject({
      code: 'dataset/empty',
    });
  });

  it('may have several, by a list or a pattern', async () => {
    write('part-0.jsonl', rows(0, 10));
    write('part-1.jsonl', rows(10, 20));
    const whole = await questionsOf({ path: { train: 'part-*.jsonl' }, carve: false }, 'train');
    expect(whole).toHaveLength(20);
    const listed = { path: { train: ['part-1.jsonl', 'part-0.jsonl'] }, carve: false };
    expect(await questionsOf(listed, 'train')).toEqual([...whole.slice(10), ...whole.slice(0, 10)]);
    await expect(questionsOf({ path: 'absent-*.jsonl' }, 'train')).rejects.toMatchObject({ code: 'dataset/invalid' });
  });
});

it('names its content by the bytes, the columns and the split', async () => {
  const path1 = write('a.jsonl', rows(0, 100));
  const path2 = write('b.jsonl', rows(1, 100));
  const hashOf = async (file: string): Promise<string> =>
    (await openDataset(jsonl, { path: file }, { baseFolder })).hash;
  expect(await hashOf(path1)).toBe(await hashOf(path1));
  expect(await hashOf(path1)).not.toBe(await hashOf(path2));
});

describe('malformed files', () => {
  const good = '{"question":"What is 1+1?","answer":"2"}';
  it.each([
    ['not JSON', `${good}\n{"question":`, ':2: the line is not JSON'],
    ['no object', `${good}\n[1]`, ':2: the line is not a JSON object'],
    ['null', 'null', ':1: the line is not a JSON object'],
    [
      'no such column',
      `${good}\n\n{"question":"a","reply":"b"}`,
      ':3: there is no column "answer"; the row has: question, reply',
    ],
    ['a column of the prototype', '{"__proto__":{"question":"a","answer":"b"}}', ':1: there is no column "question"'],
    ['an empty question', '{"question":" ","answer":"2"}', ':1: the column "question" is empty'],
    [
      'a list',
      '{"question":"a","answer":["2","3"]}',
      ':1: the column "answer" must hold a string or a number; it holds a list',
    ],
    ['no reference', '{"question":"a","answer":" "}', ':1: the reference in column "answer" is empty'],
    [
      'an inexact number',
      '{"question":"a","answer":9007199254740993}',
      ':1: the number in column "answer" is too large',
    ],
    ['an infinite number', '{"question":"a","answer":1e999}', ':1: the number in column "answer" is too large'],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), ':1: the line is not UTF-8'],
    ['a line without end', `${good}\n${'x'.repeat(6_000_000)}`, ':2: the line is longer than'],
  ])('%s', async (name, content, said) => {
    const file = write(`${name.replaceAll(' ', '-')}.jsonl`, content);
    await expect(questionsOf({ path: file }, 'train')).rejects.toMatchObject({
      code: 'dataset/invalid',
      message: expect.stringContaining(`${name.replaceAll(' ', '-')}.jsonl${said}`) as string,
    });
  });

  it.each(['absent.jsonl', '.', '/dev/zero'])('%s is no file', async (file) => {
    await expect(questionsOf({ path: file }, 'train')).rejects.toMatchObject({ code: 'dataset/invalid' });
  });

  it('an empty file is an empty data set', async () => {
    await expect(questionsOf({ path: write('empty.jsonl', '\n\n') }, 'train')).rejects.toMatchObject({
      code: 'dataset/empty',
    });
  });
});
