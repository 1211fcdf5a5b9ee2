import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataCommand } from '../../cli/commands/data.ts';
import { perform, type Performed } from './perform.ts';

let cwd: string;
const model = path.join(import.meta.dirname, '..', '..', 'samples', 'base');

beforeAll(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'rlvr-data-'));
  const row = (i: number): string => `${JSON.stringify({ question: `What is ${i}+${i}?`, answer: String(2 * i) })}\n`;
  const rows = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, i) => row(from + i)).join('');
  const long = JSON.stringify({ question: `Read this: ${'x'.repeat(300)}`, answer: '1' });
  writeFileSync(path.join(cwd, 'train.jsonl'), `${rows(0, 40)}{"question":"no answer"}\n${long}\n`);
  writeFileSync(path.join(cwd, 'report.jsonl'), rows(38, 60).replaceAll('+', ' + '));
  writeFileSync(
    path.join(cwd, 'a.rlvr.yaml'),
    `name: a
model: { path: ${JSON.stringify(model)} }
data:
  train: { type: jsonl, path: { train: train.jsonl }, carve: false, bad_rows: skip }
  evaluate: { type: jsonl, path: { report: report.jsonl }, template: '{question} Box it.' }
adapter: { type: lora, r: 4, lora_alpha: 8, target_modules: all-linear }
rewards: [{ type: exact_answer }]
rollout: { group_size: 4, batch_size: 16, max_prompt_tokens: 64, max_completion_tokens: 16 }
`,
  );
});
afterAll(() => rmSync(cwd, { recursive: true }));

function data(action: 'show' | 'check', named: string, { json = false, problems = 2 } = {}): Promise<Performed> {
  return perform({ cwd, json }, (context) => dataCommand(context, action, named, { model, problems }));
}

describe('rlvr data show', () => {
  it('shows the first problems as the model sees them, with their tokens', async () => {
    const { code, out } = await data('show', 'a.rlvr.yaml');
    expect(code).toBe(0);
    expect(out).toContain('data.train: jsonl, train split');
    expect(out).toContain('1 rows left out, since there is no column "answer": ');
    expect(out).toMatch(/prompt of \d+ tokens\n {4}<\|im_start\|>user\n {4}What is 0\+0\?<\|im_end\|>/u);
    expect(out).toContain('What is 38 + 38? Box it.<|im_end|>');
    const { out: json } = await data('show', 'a.rlvr.yaml', { json: true, problems: 3 });
    const [train, report] = JSON.parse(json) as { size: number; problems: { reference: string; tokens: number }[] }[];
    expect(train?.problems.map(({ reference }) => reference)).toEqual(['0', '2', '4']);
    expect(report).toMatchObject({ size: 22, place: 'data.evaluate', split: 'report' });
  });

  it('shows each split of a data set by itself, generated or from a file', async () => {
    const { out } = await data('show', 'sorting', { problems: 1 });
    for (const split of ['train', 'selection', 'report']) expect(out).toContain(`${split}: sorting, ${split} split`);
    expect(out).toMatch(/demonstration, \d+ tokens/u);
    const file = await data('show', 'report.jsonl', { problems: 1 });
    expect(file.out).toContain('train: jsonl, train split');
  });
});

describe('rlvr data check', () => {
  it('finds prompts that are too long, rows left out, and training problems that are evaluated on', async () => {
    const { code, out } = await data('check', 'a.rlvr.yaml', { json: true });
    expect(code).toBe(1);
    const found = JSON.parse(out) as { places: object[]; contamination: object; sources: object };
    expect(found.places).toMatchObject([
      { split: 'train', checked: 41, tooLong: { count: 1 }, unusable: { count: 0 } },
      { split: 'report', checked: 22, tooLong: { count: 0 } },
    ]);
    expect(found.contamination).toMatchObject({ exact: 2, overlapping: 0, checked: 41, evaluated: 22 });
    const text = await data('check', 'a.rlvr.yaml');
    expect(text.out).toContain('2 of 41 training problems are among the 22 that are evaluated on');
    expect(text.out).toContain('What is 38+38? | jsonl report: What is 38 + 38?');
  });

  it('finds references that the reward cannot use', async () => {
    writeFileSync(
      path.join(cwd, 'odd.jsonl'),
      Array.from(
        { length: 60 },
        (_, i) => `${JSON.stringify({ question: `Which ${i}?`, answer: i === 7 ? 'none' : i })}\n`,
      ).join(''),
    );
    const { code, out } = await data('check', '{type: jsonl, path: {train: odd.jsonl}, carve: false}', { json: true });
    expect(code).toBe(1);
    expect((JSON.parse(out) as { places: object[] }).places[0]).toMatchObject({
      checked: 60,
      unusable: { count: 1, first: [expect.stringContaining('(none)') as string] },
    });
  });

  it('is content with generated data', async () => {
    const { code, out } = await data('check', 'modular');
    expect(code).toBe(0);
    expect(out).toContain('not looked for: everything is generated');
  });
});
