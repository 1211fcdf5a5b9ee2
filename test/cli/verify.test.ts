import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { verifyCommand, type VerifyOptions } from '../../cli/commands/verify.ts';
import { temporaryFolder } from '../runs/folder.ts';
import { perform, type Performed, type Scene } from './perform.ts';

function verify(options: Omit<VerifyOptions, 'strict'>, scene: Partial<Scene> = {}): Promise<Performed> {
  return perform({ cwd: temporaryFolder(), ...scene }, (context) =>
    verifyCommand(context, { strict: true, ...options }),
  );
}

it.each([
  ['$\\frac{1}{2}$', '\\boxed{0.5}', 0, /^equal, decided by: number\n.*reference.*frac.*delimited maths/],
  ['$x^2+2x+1$', '\\boxed{(x+1)^2}', 0, /^equal, /],
  ['5', 'It is 6.', 1, /^not equal, .*\n.*\n {2}answer {6}"6" \(last number\)\n {2}comparison {2}.*≠/],
  ['words only', '\\boxed{5}', 3, /^unusable reference, /],
])('says of %j whether %j is equal: exit code %d', async (gold, answer, code, text) => {
  const result = await verify({ gold, answer });
  expect(result).toMatchObject({ code, err: '' });
  expect(result.out).toMatch(text);
});

it('gives programs the verdict, what was found where, and what decided', async () => {
  const { code, out } = await verify({ gold: '', answer: '-' }, { json: true, input: 'so \\boxed{5}' });
  expect(code).toBe(3);
  expect(JSON.parse(out)).toMatchObject({
    // eslint-disable-next-line no-restricted-syntax -- JSON has no undefined.
    equal: null,
    decidedBy: 'reference',
    answer: '5',
    trace: [{ step: 'reference' }, { step: 'answer', source: 'box', start: 3, end: 12 }, { step: 'comparison' }],
  });
});

it('takes options', async () => {
  expect((await verify({ gold: '$\\frac13$', answer: '0.33', precision: 2 })).code).toBe(0);
  expect((await verify({ gold: 'B', answer: 'The answer is b.', strings: 'A,B' })).code).toBe(0);
  expect((await verify({ gold: '$(3, \\infty)$', answer: '$x > 3$', allowSetRelationComp: true })).code).toBe(0);
});

it.each([
  {},
  { gold: '1' },
  { gold: '1', answer: '1', file: 'cases.jsonl' },
  { gold: '1', answer: '1', extraction: 'all' },
])('refuses %j', async (options) => {
  const { code, err } = await verify(options);
  expect(code).toBe(2);
  expect(err).not.toContain('    at ');
});

it('writes one line a case, in order, and names lines that are no cases', async () => {
  const lines = [
    '{"id":"a","gold":"$2$","answer":"2","expected":true}',
    'no JSON',
    '',
    '{"id":"b","gold":"$x+1$","answer":"\\\\boxed{1+x}"}',
    '{"id":"c","gold":"$1$"}',
    '{"gold":null,"answer":"1"}',
    '{"id":"d","gold":"1","answer":"1","options":{"precison":1}}',
    '{"id":"e","answer":"\\\\boxed{2/4}","mode":"extract","gold":null}',
    ...Array.from({ length: 600 }, (_, index) => JSON.stringify({ id: index, gold: `$${index % 7}$`, answer: '$3$' })),
  ];
  const cwd = temporaryFolder();
  writeFileSync(path.join(cwd, 'cases.jsonl'), lines.join('\n'));
  const { code, out, err } = await verify({ file: 'cases.jsonl' }, { cwd, json: true });
  const results = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(code).toBe(2);
  expect(results.slice(0, 7)).toMatchObject([
    { id: 'a', equal: true },
    { line: 2, error: expect.stringMatching(/^line 2: no JSON/) as string },
    { id: 'b', equal: true },
    { id: 'c', error: expect.stringMatching(/^line 5: answer/) as string },
    { line: 6, decidedBy: 'reference' },
    { id: 'd', error: expect.stringMatching(/^line 7: options: .*precison/) as string },
    { id: 'e', extracted: ['1/2', '2/4'] },
  ]);
  expect(results.slice(7).map(({ id }) => id)).toEqual(Array.from({ length: 600 }, (_, index) => index));
  expect(results.slice(7).map(({ equal }) => equal)).toEqual(
    Array.from({ length: 600 }, (_, index) => index % 7 === 3),
  );
  expect(err.split('\n').filter((line) => line.startsWith('line '))).toHaveLength(3);
});

it('sums up for people', async () => {
  const cwd = temporaryFolder();
  writeFileSync(path.join(cwd, 'two.jsonl'), '{"id":"a","gold":"2","answer":"2"}\n{"id":"b","gold":"","answer":"2"}\n');
  const { code, out } = await verify({ file: 'two.jsonl' }, { cwd });
  expect(code).toBe(0);
  expect(out.trim().split('\n').at(-1)).toBe('1 equal, 0 not equal, 1 with an unusable reference');
});

it('says that a file is missing', async () => {
  expect((await verify({ file: 'missing.jsonl' })).code).toBe(2);
});
