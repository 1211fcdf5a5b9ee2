import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandContext } from '../../cli/command.ts';
import { evalCommand } from '../../cli/commands/eval.ts';
import type { EvalOptions } from '../../cli/commands/eval.ts';
import { generateCommand } from '../../cli/commands/generate.ts';
import type { GenerateOptions } from '../../cli/commands/generate.ts';
import { mergeCommand } from '../../cli/commands/merge.ts';
import { reportCommand } from '../../cli/commands/report.ts';
import { loadCheckpoint } from '../../core/model/checkpoint.ts';
import { readRun } from '../../core/runs/runJson.ts';
import { perform } from './perform.ts';
import type { Performed } from './perform.ts';
import { trainTinyRun } from './trainedRun.ts';
import type { TrainedFolder } from './trainedRun.ts';

let trained: TrainedFolder;
beforeAll(async () => {
  trained = await trainTinyRun({ training: { steps: 4, checkpoint_every: 2 } });
});
afterAll(() => {
  trained.remove();
});

const json = async (carryOut: (context: CommandContext) => Promise<number>): Promise<Record<string, unknown>> => {
  const { code, out, err } = await perform({ cwd: trained.cwd, json: true }, carryOut);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Record<string, unknown>;
};
const plain = (carryOut: (context: CommandContext) => Promise<number>): Promise<Performed> =>
  perform({ cwd: trained.cwd }, carryOut);
const files = (): readonly string[] => readdirSync(trained.cwd).sort();

describe('rlvr eval', () => {
  const evaluate = (reference: string, options: EvalOptions = {}): Promise<Record<string, unknown>> =>
    json((context) => evalCommand(context, reference, options));

  it('measures of a run what its training measured, before and after', async () => {
    const { before, after } = readRun(trained.run.folder).evaluation;
    const { accuracy, low, high, problems, passAtK, step } = await evaluate('latest');
    expect({ accuracy, low, high, problems, passAtK }).toEqual({
      accuracy: after?.accuracy,
      low: after?.low,
      high: after?.high,
      problems: after?.problems,
      passAtK: after?.['passAtK'],
    });
    expect(step).toBe(4);
    const start = await evaluate('latest', { checkpoint: 0 });
    expect([start['step'], start['accuracy'], start['low']]).toEqual([0, before?.accuracy, before?.low]);
  });

  it('judges with the reward that verifies, however the experiment orders them', async () => {
    expect(await evaluate('latest')).toMatchObject({ reward: 'exact_answer' });
  });

  it('gives pass@k with intervals for the powers of two and all samples', async () => {
    const result = await evaluate('latest', { samples: 5, problems: 6, temperature: 2 });
    const passes = result['passIntervals'] as { k: number; value: number; low: number; high: number }[];
    expect(passes.map(({ k }) => k)).toEqual([1, 2, 4, 5]);
    expect(passes[0]?.value).toBeCloseTo(result['accuracy'] as number, 12);
    for (const [index, { value, low, high }] of passes.entries()) {
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
      expect(value).toBeGreaterThanOrEqual(passes[index - 1]?.value ?? 0);
    }
  });

  it('evaluates a model folder on data that is named: a data set, a file, an experiment, options', async () => {
    const rows = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((n) => ({
      question: `What is ${n}+1?`,
      answer: `${n + 1}`,
    }));
    writeFileSync(path.join(trained.cwd, 'sums.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const options = { problems: 2, maxTokens: 4 };
    for (const [data, type, reward] of [
      ['countdown', 'countdown', 'countdown'],
      ['tiny.rlvr.yaml', 'arithmetic', 'exact_answer'],
      ['{type: arithmetic, families: [linear]}', 'arithmetic', 'exact_answer'],
    ] as const) {
      const result = await evaluate('./model', { ...options, data });
      expect(result).toMatchObject({ subject: './model', data: type, reward, problems: 2 });
    }
    expect(await evaluate('model', { ...options, data: '{type: jsonl, path: {report: sums.jsonl}}' })).toMatchObject({
      data: 'jsonl',
      problems: 2,
    });
    const format = '{type: cosine_scaled, max_len: 9}';
    expect((await evaluate('latest', { ...options, data: 'arithmetic', reward: format }))['reward']).toBe(
      'cosine_scaled',
    );
  });

  it('tells families apart', async () => {
    const data = '{type: arithmetic, families: [chains, linear]}';
    const { families } = await evaluate('model', { data, problems: 8, maxTokens: 4 });
    const counts = (families as { family: string; problems: number }[]).map(({ problems }) => problems);
    expect(counts.reduce((sum, count) => sum + count)).toBe(8);
    expect(counts).toHaveLength(2);
  });

  it('tells people in a few lines', async () => {
    const { code, out, err } = await plain((context) => evalCommand(context, 'latest', { samples: 2 }));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^evaluated +\S+, step 4\nproblems +4 of arithmetic, held out, 2 each, temperature 1\n/);
    expect(out).toMatch(/\navg@2 \(pass@1\) +[\d.]+ % \(.*\), 95 % interval\npass@2 +/);
  });

  it.each<[string, EvalOptions, string]>([
    ['model', {}, 'error[usage]: A model brings no problems: choose some with --data'],
    ['model', { data: 'arithmetics' }, 'There is no dataset named "arithmetics". Did you mean "arithmetic"?'],
    ['model', { data: 'arithmetic', reward: 'exact' }, 'error[config/unknown-plugin]'],
    ['model', { data: '{type: arithmetic, familys: [x]}' }, 'error[config/unknown-key]'],
    [
      'model',
      { data: 'arithmetic', reward: 'repetition_penalty' },
      'rewards.0.ngram_size: is missing; expected a whole',
    ],
    [
      'model',
      { data: 'arithmetic', reward: 'countdown' },
      'error[dataset/invalid]: The reward could judge none of the',
    ],
    [
      'model',
      { data: 'arithmetic', problems: 0 },
      'error[config/invalid]: evaluation.problems: expected at least 1, got 0',
    ],
    ['./.rlvr', {}, 'Name a run by its id, or a Hugging Face model folder.'],
    ['model', { data: 'none.jsonl' }, 'error[dataset/invalid]'],
    ['model', { data: 'none.rlvr.yaml' }, 'error[config/unreadable]'],
    ['model', { data: 'arithmetic', checkpoint: 2 }, 'error[usage]: --checkpoint chooses a checkpoint of a run'],
    ['latest', { checkpoint: 3 }, 'has no checkpoint of step 3. There are: 2, 4.'],
    ['nothing', {}, 'error[run/not-found]: There is no run "nothing"'],
    ['./nothing', {}, 'error[model/missing]: ./nothing holds no config.json'],
    ['../nothing', {}, 'error[model/missing]: ../nothing holds no config.json'],
    ['latest', { maxTokens: 100_000 }, 'error[training/prompt-too-long]'],
  ])('refuses %s with %j', async (reference, options, message) => {
    const { code, out, err } = await plain((context) => evalCommand(context, reference, options));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });

  it('refuses a run whose model is no longer the one that it was trained on', async () => {
    const other = await trainTinyRun({ training: { steps: 1 }, evaluation: { before: false, problems: 2 } });
    try {
      const file = path.join(other.cwd, 'model', 'model.safetensors');
      const bytes = readFileSync(file);
      bytes[bytes.length - 2]! ^= 1;
      writeFileSync(file, bytes);
      const { code, err } = await perform({ cwd: other.cwd }, (context) => evalCommand(context, 'latest', {}));
      expect(code).not.toBe(0);
      expect(err).toContain('error[run/environment-changed]');
      expect(err).toContain('so the adapter does not belong to it');
    } finally {
      other.remove();
    }
  });
});

describe('rlvr merge', () => {
  const merge = (out: string, force = false, checkpoint?: number): Promise<Performed> =>
    plain((context) =>
      mergeCommand(context, 'latest', { out, force, ...(checkpoint === undefined ? {} : { checkpoint }) }),
    );

  it('writes a model that answers as the run does', async () => {
    const { code, out, err } = await merge('merged/here');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^Merged run \S+ at step 4 into merged\/here \([\d,]+ parameters in float32, [\d.]+ KiB\)\.\n/);
    const options = { data: 'tiny.rlvr.yaml', problems: 4, maxTokens: 12, samples: 4 };
    const [run, model] = [
      await json((context) => evalCommand(context, 'latest', { ...options })),
      await json((context) => evalCommand(context, 'merged/here', { ...options })),
    ];
    expect(model['meanTokens']).toBe(run['meanTokens']);
    expect(model['accuracy']).toBe(run['accuracy']);
    const [base, merged] = [
      await loadCheckpoint(`${trained.cwd}/model`),
      await loadCheckpoint(`${trained.cwd}/merged/here`),
    ];
    const changed = [...merged.weights].filter(([name, { data }]) =>
      data.some((value, index) => value !== base.weights.get(name)?.data[index]),
    );
    expect(changed.map(([name]) => name)).toEqual([
      'model.layers.0.self_attn.q_proj.weight',
      'model.layers.0.self_attn.v_proj.weight',
    ]);
  });

  it('never overwrites anything but a model folder, and that only with --force', async () => {
    await merge('twice', false, 2);
    const before = readFileSync(path.join(trained.cwd, 'twice', 'model.safetensors'));
    const refused = await merge('twice');
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toContain('twice exists already. It is a model folder: --force replaces it.');
    expect(readFileSync(path.join(trained.cwd, 'twice', 'model.safetensors')).equals(before)).toBe(true);
    expect((await merge('twice', true)).code).toBe(0);
    expect(readFileSync(path.join(trained.cwd, 'twice', 'model.safetensors')).equals(before)).toBe(false);

    mkdirSync(path.join(trained.cwd, 'papers'));
    writeFileSync(path.join(trained.cwd, 'papers', 'thesis.txt'), 'years of work');
    for (const out of ['papers', 'tiny.rlvr.yaml', '.']) {
      const { code, err } = await merge(out, true);
      expect(code).toBe(2);
      expect(err).toContain(`${out} exists already. It is no model folder, so it is not replaced: name a new folder.`);
    }
    expect(readdirSync(path.join(trained.cwd, 'papers'))).toEqual(['thesis.txt']);
    expect(files().filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('leaves nothing where it cannot write', async () => {
    writeFileSync(path.join(trained.cwd, 'file'), '');
    const { code, err } = await merge('file/below');
    expect(code).toBe(2);
    expect(err).toContain('error[run/unwritable]');
    expect(statSync(path.join(trained.cwd, 'file')).size).toBe(0);
  });
});

describe('rlvr generate', () => {
  const generate = (
    prompt: string | undefined,
    options: GenerateOptions = {},
    scene: { readonly json?: boolean; readonly input?: string; readonly reference?: string } = {},
  ): Promise<Performed> =>
    perform({ cwd: trained.cwd, ...scene }, (context) =>
      generateCommand(context, scene.reference ?? 'latest', prompt, options),
    );

  it('answers a prompt, the same for the same seed, in pieces that make the whole', async () => {
    const question = 'What is 3+4?';
    const first = await generate(question, { seed: 7 });
    const told = JSON.parse((await generate(question, { seed: 7 }, { json: true })).out) as Record<string, unknown>;
    expect(first.code).toBe(0);
    expect(first.out.replaceAll('\u00b7', '')).toBe(`${String(told['completion']).replaceAll(/[^\P{Cc}\n]/gu, '')}\n`);
    expect(told).toMatchObject({ question, tokens: 12, finished: false });
    expect(told['prompt']).toContain('What is 3+4?');
    expect(first.err).toBe('(cut off after 12 tokens)\n');
    expect((await generate(question, { seed: 8 })).out).not.toBe(first.out);
  });

  it('answers each line of its input, as one object a line with --json', async () => {
    const input = 'What is 1+2?\r\n\n  \nWhat is 2+2?';
    const { code, out } = await generate(undefined, { maxTokens: 3, temperature: 0 }, { json: true, input });
    expect(code).toBe(0);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { question: string; tokens: number });
    expect(lines.map(({ question }) => question)).toEqual(['What is 1+2?', 'What is 2+2?']);
    expect(lines.every(({ tokens }) => tokens <= 3)).toBe(true);
    expect((await generate(undefined, {}, { input: '' })).out).toBe('');
  });

  it('gives the model what was said before only with --history, and its own system message', async () => {
    const input = 'What is 1+2?\nWhat is 2+2?\n';
    const prompts = async (options: GenerateOptions): Promise<readonly string[]> => {
      const { out } = await generate(undefined, { maxTokens: 2, ...options }, { json: true, input });
      return out
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { prompt: string }).prompt);
    };
    expect((await prompts({}))[1]).not.toContain('1+2');
    expect((await prompts({ history: true }))[1]).toMatch(/1\+2[^]*2\+2/);
    expect((await prompts({ system: 'Be brief.' }))[0]).toContain('Be brief.');
    expect((await prompts({ raw: true }))[0]).toBe('What is 1+2?');
  });

  it('takes the most likely token at temperature 0, whatever the seed', async () => {
    const answers = await Promise.all([1, 2].map((seed) => generate('What is 3+4?', { seed, temperature: 0 })));
    expect(answers[0]?.out).toBe(answers[1]?.out);
  });

  it('refuses a prompt that leaves no room', async () => {
    const { code, err } = await generate('1'.repeat(5000));
    expect(code).toBe(2);
    expect(err).toContain('error[training/prompt-too-long]: The prompt has ');
    expect((await generate('', { raw: true })).err).toContain('The prompt is empty.');
  });
});

describe('rlvr report', () => {
  it('writes one page beside the run’s files, or where it is told to', async () => {
    const { code, out } = await plain((context) => reportCommand(context, 'latest', {}));
    expect(code).toBe(0);
    expect(out).toMatch(/^\.rlvr\/runs\/\S+\/report\.html \([\d.]+ KiB\)\n$/);
    const page = readFileSync(path.join(trained.run.folder, 'report.html'), 'utf8');
    expect(page).toContain(trained.run.id);
    expect(page).toContain('exact_answer');
    for (const step of [1, 2, 3, 4]) expect(page).toContain(`data-step="${step}"`);
    const told = await json((context) => reportCommand(context, 'latest', { out: 'page.html' }));
    expect(told).toEqual({
      run: trained.run.id,
      file: path.join(trained.cwd, 'page.html'),
      bytes: statSync(path.join(trained.cwd, 'page.html')).size,
    });
  });

  it('leaves nothing where it cannot write', async () => {
    const { code, err } = await plain((context) => reportCommand(context, 'latest', { out: 'nowhere/page.html' }));
    expect(code).toBe(2);
    expect(err).toContain('error[run/unwritable]: Cannot write ');
    expect(existsSync(path.join(trained.cwd, 'nowhere'))).toBe(false);
  });

  it.each(['../elsewhere', '/etc', 'a/b', '..'])('refuses %s as a run', async (reference) => {
    const { code, err } = await plain((context) => reportCommand(context, reference, {}));
    expect(code).toBe(2);
    expect(err).toContain('error[run/invalid-id]');
  });
});
