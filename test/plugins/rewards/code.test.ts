import { describe, expect, it } from 'vitest';
import { offeredIsolation } from '../../../core/sandbox/isolation.ts';
import { code } from '../../../plugins/rewards/code/code.ts';
import { lastCodeBlock } from '../../../plugins/rewards/code/codeBlock.ts';
import { parseCodeReference } from '../../../plugins/rewards/code/codeReference.ts';
import { demandIsolation } from '../../../plugins/rewards/code/demandIsolation.ts';
import { scoreOf } from './rewardSample.ts';

const fenced = (source: string, language = 'python'): string => `So:\n\`\`\`${language}\n${source}\n\`\`\`\nDone.`;

const sums = JSON.stringify({
  tests: [
    { stdin: '1 2\n', stdout: '3\n' },
    { stdin: '-5 5\n', stdout: '0' },
  ],
});
const adds = JSON.stringify({ tests: ['assert add(1, 2) == 3', { assert: 'assert add("a", "b") == "ab"' }] });

describe.skipIf('problem' in offeredIsolation(true))('scores (where programs can be cut off from the network)', () => {
  it.each([
    ['a program that prints what is wanted', 'print(sum(map(int, input().split())))  \nprint()', sums, 1],
    ['one that is right once', 'print(3)', sums, 0],
    ['one that fails', 'print(sum(map(int, input().split())))\nraise SystemExit(3)', sums, 0],
    ['a function that is right', 'def add(a, b):\n    return a + b', adds, 1],
    ['a function that is right for numbers alone', 'def add(a, b):\n    return int(a) + int(b)', adds, 0],
    ['one that ends before its tests', 'import sys\nsys.exit(0)', adds, 0],
    ['one that ends at once before its tests', 'import os\nos._exit(0)', adds, 0],
    ['one that leaves a text open', "x = '''", adds, 0],
    ['code that is none', 'def add(a, b) return', adds, 0],
  ])('%s', async (_what, source, reference, value) => {
    const score = await scoreOf(code, {}, { completion: fenced(source), reference });
    expect(score.value, score.trace).toBe(value);
  });

  it('runs JavaScript where the reference or the options say so', async () => {
    const tests = ['assert.equal(add(1, 2), 3)', 'if (add(1, 1) !== 2) throw new Error("no")'];
    const completion = fenced('function add(a, b) { return a + b; }', 'js');
    expect(
      (await scoreOf(code, {}, { completion, reference: JSON.stringify({ language: 'javascript', tests }) })).value,
    ).toBe(1);
    const plain = { completion, reference: JSON.stringify(tests) };
    expect((await scoreOf(code, { language: 'javascript' }, plain)).value).toBe(1);
    expect((await scoreOf(code, {}, plain)).value).toBe(0);
    const early = { ...plain, completion: fenced('process.exit(0)', 'js') };
    expect((await scoreOf(code, { language: 'javascript' }, early)).value).toBe(0);
    const module = {
      ...plain,
      completion: fenced('import fs from "node:fs";\nexport const add = (a, b) => a + b;', 'js'),
    };
    expect((await scoreOf(code, { language: 'javascript' }, module)).value).toBe(1);
  });

  it('gives the share of tests that pass, and says which failed first', async () => {
    const score = await scoreOf(code, { score: 'share' }, { completion: fenced('print(3)'), reference: sums });
    expect(score).toEqual({
      value: 0.5,
      components: { passed: 1, tests: 2 },
      trace: 'test 2: it printed "3\\n", expected "0"',
    });
  });

  it('compares white space where it is told to', async () => {
    const sample = { completion: fenced('print("3 ")'), reference: JSON.stringify([{ stdout: '3\n' }]) };
    expect((await scoreOf(code, {}, sample)).value).toBe(1);
    expect((await scoreOf(code, { exact_output: true }, sample)).value).toBe(0);
  });

  it('runs what the reference sets up before the program', async () => {
    const reference = JSON.stringify({ setup: 'from math import gcd', tests: ['assert f(4, 6) == 2'] });
    expect((await scoreOf(code, {}, { completion: fenced('f = gcd'), reference })).value).toBe(1);
  });

  it('stops what takes too long, and says so', async () => {
    const sample = { completion: fenced('import time\ntime.sleep(1000)'), reference: sums };
    const score = await scoreOf(code, { wall_seconds: 0.5 }, sample);
    expect(score).toEqual({ value: 0, trace: 'test 1: it was stopped: too much time' });
  });
});

describe('references', () => {
  it.each([
    ['', undefined],
    ['no JSON', undefined],
    ['{"tests": []}', undefined],
    ['{"tests": [{"stdin": "1"}]}', undefined],
    ['{"tests": ["assert 1"], "language": "cobol"}', undefined],
    ['{"inputs": ["1"], "outputs": []}', undefined],
    ['["assert 1"]', { tests: [{ kind: 'assertion', code: 'assert 1' }], setup: '' }],
    [
      '{"inputs": ["1"], "outputs": [["2", "3"]]}',
      { tests: [{ kind: 'output', input: '1', output: '2\n3' }], setup: '' },
    ],
  ])('%s', (text, expected) => {
    expect(parseCodeReference(text)).toEqual(expected);
  });

  it('that cannot be used mask the sample', async () => {
    const score = await scoreOf(code, { network: 'allowed' }, { completion: fenced('print(1)'), reference: '42' });
    expect(score).toEqual({ value: undefined, trace: 'the reference "42" is no JSON with tests: sample masked' });
  });
});

describe('lastCodeBlock', () => {
  it.each([
    ['none', 'print(1)', undefined],
    ['the last', `${fenced('1')}\n${fenced('2')}`, '2'],
    ['of the language or of none', `${fenced('1', '')}\n${fenced('2', 'text')}\n${fenced('3', 'javascript')}`, '1'],
    ['after the thought', `<think>${fenced('1')}</think>${fenced('2')}`, '2'],
    ['none in the thought', `<think>${fenced('1')}</think>2`, undefined],
    ['closed ones', `${fenced('1')}\n\`\`\`python\n2`, '1'],
    ['with backticks inside', '````python\n```\n1\n```\n````', '```\n1\n```'],
    ['names in other case, with more behind', '```Python title="a"\n1\n```', '1'],
  ])('finds %s', (_what, completion, expected) => {
    expect(lastCodeBlock(completion, 'python')).toBe(expected);
  });
});

describe('where programs cannot be cut off from the network', () => {
  it('refuses, unless they may have it', () => {
    const offered = { problem: 'unshare: Operation not permitted' };
    expect(() => demandIsolation('none', offered)).toThrow(
      /cannot cut that off from the network \(unshare: Operation not permitted\)/,
    );
    expect(() => demandIsolation('none', offered)).toThrow(/network: allowed/);
    expect(demandIsolation('allowed', offered)).toEqual({ withoutNetwork: false, hasNamespaces: false });
  });
});
