import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firstProblems } from '../../../core/conformance/datasetBehaviours.ts';
import { parquet } from '../../../plugins/datasets/parquet.ts';
import { openDataset } from './openDataset.ts';

let baseFolder: string;
beforeAll(() => {
  baseFolder = mkdtempSync(path.join(tmpdir(), 'rlvr-parquet-'));
});
afterAll(() => rmSync(baseFolder, { recursive: true }));

type Columns = Parameters<typeof parquetWriteBuffer>[0]['columnData'];

function write(name: string, columnData: Columns, options: object = {}): string {
  writeFileSync(path.join(baseFolder, name), new Uint8Array(parquetWriteBuffer({ columnData, ...options })));
  return name;
}

function sums(from: number, to: number): Columns {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  return [
    { name: 'question', data: numbers.map((n) => `What is ${n}+1?`), type: 'STRING' },
    { name: 'answer', data: numbers.map((n) => BigInt(n + 1)), type: 'INT64' },
    { name: 'level', data: numbers.map((n) => n % 5), type: 'INT32' },
  ];
}

async function trained(options: Record<string, unknown>): ReturnType<typeof openDataset> {
  return openDataset(parquet, { carve: false, ...options }, { baseFolder });
}

it('reads several files, row group by row group, in their order', async () => {
  write('part-0.parquet', sums(0, 25), { rowGroupSize: 10 });
  write('part-1.parquet', sums(25, 40), { rowGroupSize: [7, 8], codec: 'SNAPPY' });
  const source = await trained({ path: { train: 'part-*.parquet' } });
  const problems = firstProblems(source, Infinity);
  expect(problems.map(({ question }) => question)).toEqual(Array.from({ length: 40 }, (_, n) => `What is ${n}+1?`));
  expect(problems.map(({ reference }) => reference)).toEqual(Array.from({ length: 40 }, (_, n) => String(n + 1)));
});

it('chooses rows by column values, length and difficulty, and at most so many', async () => {
  write('levels.parquet', sums(0, 200));
  const path1 = { path: { train: 'levels.parquet' } };
  const chosen = await trained({ ...path1, filter: { level: { min: 3 } }, difficulty: 'level', difficulties: [0, 3] });
  expect(chosen.size).toBe(40);
  expect(chosen.problem(0)).toMatchObject({ question: 'What is 3+1?', difficulty: 3 });
  expect(chosen.findings).toMatchObject([{ what: 'rows left out by filter, length or difficulties', count: 160 }]);
  expect((await trained({ ...path1, filter: { level: [1, '2'] } })).size).toBe(80);
  expect((await trained({ ...path1, filter: { level: { not: [0, 1] }, question: { contains: '+1' } } })).size).toBe(
    120,
  );
  expect((await trained({ ...path1, length: [0, 12] })).size).toBe(10);
  const limited = await trained({ ...path1, limit: 7 });
  expect(limited.problem(6).question).toBe('What is 6+1?');
  expect(limited.size).toBe(7);
  const [one, again, other] = await Promise.all(
    [1, 1, 2].map((seed) =>
      openDataset(parquet, { ...path1, carve: false, limit: 7, shuffle: true }, { baseFolder, seed }),
    ),
  );
  const questionsOf = (source: typeof one): string[] | undefined =>
    source && firstProblems(source, Infinity).map(({ question }) => question);
  expect(questionsOf(one)).toEqual(questionsOf(again));
  expect(questionsOf(one)).not.toEqual(questionsOf(other));
  expect(one?.hash).not.toBe(other?.hash);
});

describe('nested columns', () => {
  const conversation = [
    { role: 'system', content: 'Think first.' },
    { role: 'user', content: 'How many legs have two cats?' },
    { role: 'assistant', content: 'Eight.' },
  ];
  const nested: Columns = [
    { name: 'prompt', data: [conversation], type: 'JSON' },
    { name: 'reward_model', data: [{ ground_truth: '8', style: 'rule' }], type: 'JSON' },
    { name: 'extra', data: [{ topic: 'animals', tags: ['legs'] }], type: 'JSON' },
  ];

  it('are reached by a path, and a conversation asks by its last user message', async () => {
    write('nested.parquet', nested);
    const options = { path: { train: 'nested.parquet' }, family: 'extra.topic', template: '[{extra.tags}] {question}' };
    expect((await trained(options)).problem(0)).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/u) as string,
      question: 'How many legs have two cats?',
      reference: '8',
      family: 'animals',
      prompt: '[legs] How many legs have two cats?',
      context: [{ role: 'system', content: 'Think first.' }],
    });
  });
});

describe('malformed files', () => {
  it.each([
    ['empty', new Uint8Array(0), 'cannot be read as Parquet'],
    ['text', Buffer.from('{"question": "a"}'), 'cannot be read as Parquet'],
    ['packed', gzipSync(Buffer.from('question')), 'cannot be read as Parquet'],
    [
      'cut',
      new Uint8Array(parquetWriteBuffer({ columnData: sums(0, 50) })).subarray(0, 200),
      'cannot be read as Parquet',
    ],
    [
      'beheaded',
      new Uint8Array(parquetWriteBuffer({ columnData: sums(0, 500), codec: 'UNCOMPRESSED' })).subarray(2000),
      '.parquet',
    ],
  ])('%s', async (name, bytes, said) => {
    writeFileSync(path.join(baseFolder, `${name}.parquet`), bytes);
    await expect(trained({ path: { train: `${name}.parquet` } })).rejects.toMatchObject({
      code: 'dataset/invalid',
      message: expect.stringContaining(said) as string,
    });
  });

  it('says which columns there are where the wanted ones are not', async () => {
    write('other.parquet', [{ name: 'text', data: ['a', 'b'], type: 'STRING' }]);
    await expect(trained({ path: { train: 'other.parquet' } })).rejects.toMatchObject({
      code: 'dataset/invalid',
      message: expect.stringMatching(
        /other\.parquet:1: there is no column "question"; the row has: text\. 1 more row/u,
      ) as string,
    });
  });
});
