import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { CommandContext } from '../../cli/command.ts';
import { doctorCommand } from '../../cli/commands/doctor.ts';
import { initCommand } from '../../cli/commands/init.ts';
import { pluginsCommand } from '../../cli/commands/plugins.ts';
import { runCommand } from '../../cli/commands/run.ts';
import { schemaCommand } from '../../cli/commands/schema.ts';
import { showConfigCommand } from '../../cli/commands/showConfig.ts';
import { isAtLeast } from '../../cli/doctor.ts';
import { createCatalog } from '../../core/container.ts';
import { parseExperiment } from '../../core/experiment/parse.ts';
import { resolveExperiment } from '../../core/experiment/resolve.ts';
import { plugins } from '../../plugins/index.ts';
import { temporaryFolder } from '../runs/folder.ts';
import { perform } from './perform.ts';
import type { Performed } from './perform.ts';

const catalog = createCatalog(plugins);
const catalogKinds = ['adapter', 'reward', 'objective', 'optimizer', 'dataset', 'analyzer', 'engine'] as const;
const parseJson = ({ code, out, err }: Performed): unknown => {
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out);
};

describe('rlvr init', () => {
  const init = (cwd: string, file?: string, model = 'model', json = false): Promise<Performed> =>
    perform({ cwd, json }, (context) => initCommand(context, file, { model }));

  it('writes every default, with what each key does', async () => {
    const cwd = temporaryFolder();
    expect(await init(cwd)).toEqual({
      code: 0,
      out:
        'Wrote experiment.rlvr.yaml.\n' +
        'Next: `rlvr run experiment.rlvr.yaml` trains; `rlvr plugins` lists what else there is to choose.\n',
      err: '',
    });
    const text = readFileSync(path.join(cwd, 'experiment.rlvr.yaml'), 'utf8');
    const shortest =
      'name: experiment\nmodel: {path: model}\ndata: {train: {type: arithmetic}}\nadapter: {type: lora}\nrewards: [{type: exact_answer}]\n';
    const resolve = (content: string): unknown =>
      resolveExperiment(parseExperiment(content, 'file'), catalog).experiment;
    expect(resolve(text)).toEqual(resolve(shortest));
    // What is written is what would be there without it: no default is left to be looked up.
    expect(parse(text)).toEqual(resolve(shortest));
    expect(text).toContain('  # Completions per prompt (G)\n  group_size: 8\n');
    expect(text).toContain('  # Divide advantages by this standard deviation: "group", "batch" or "none"\n');
    expect(text).toContain(
      '  # system: not set. System message, if any; it takes the place of one that the data bring\n',
    );
    const uncommented = text
      .split('\n')
      .filter((line, index, lines) => /^\s+[a-z_]+:/.test(line) && !lines[index - 1]?.includes('#'));
    expect(uncommented.length).toBeLessThan(12);
    expect(text.split('\n').every((line) => line.length <= 120)).toBe(true);
  });

  it('names the run after the file, and the model from where the file is', async () => {
    const cwd = temporaryFolder();
    await init(cwd, 'My first (1).rlvr.yaml', 'models/qwen');
    const written = parse(readFileSync(path.join(cwd, 'My first (1).rlvr.yaml'), 'utf8')) as Record<string, unknown>;
    expect(written).toMatchObject({ name: 'My-first-1-', model: { path: 'models/qwen' } });
    expect(parseJson(await init(cwd, 'b.yaml', '../elsewhere', true))).toEqual({
      file: path.join(cwd, 'b.yaml'),
      model: path.resolve(cwd, '../elsewhere'),
    });
  });

  it('never overwrites, and leaves nothing where it cannot write', async () => {
    const cwd = temporaryFolder();
    writeFileSync(path.join(cwd, 'mine.yaml'), 'my work');
    for (const file of ['mine.yaml', '.']) {
      const { code, out, err } = await init(cwd, file);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain(`${file} exists already`);
    }
    expect(readFileSync(path.join(cwd, 'mine.yaml'), 'utf8')).toBe('my work');
    for (const file of ['mine.yaml/below.yaml', 'missing/below.yaml']) {
      const { code, err } = await init(cwd, file);
      expect(code).toBe(2);
      expect(err).toContain('error[run/unwritable]: Cannot write ');
    }
    expect(readdirSync(cwd)).toEqual(['mine.yaml']);
  });
});

describe('rlvr show-config', () => {
  const sound =
    'name: trial\nmodel: {path: model}\ndata: {train: {type: arithmetic}}\nadapter: {type: lora, rank: 4}\nrewards: [{type: format}]\n';
  const show = (set: readonly string[], json = false): Promise<Performed> => {
    const cwd = temporaryFolder();
    writeFileSync(path.join(cwd, 'a.rlvr.yaml'), sound);
    return perform({ cwd, json }, (context) => showConfigCommand(context, 'a.rlvr.yaml', { set }));
  };

  it('fills in defaults, says which they are, and applies overrides', async () => {
    const { code, out, err } = await show(['training.steps=7']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('  r: 4\n  lora_alpha: 8 # default\n');
    expect(out).toContain('  steps: 7\n');
    const told = parseJson(await show(['training.steps=7'], true));
    expect(parse(out)).toEqual(told);
  });

  it.each([
    [
      'traning.steps=7',
      'error[config/unknown-key]: --set traning.steps=7: traning: there is no such key. Did you mean "training"?',
    ],
    ['adapter.type=lroa', 'Did you mean "lora"? There are: lora, '],
    ['rollout.group_size=1', 'needs at least 2, got 1'],
    ['rollout.batch_size=12', '8 or 16 would do'],
    ['__proto__.x=1', 'the key "__proto__" is not allowed'],
    ['name=../x', 'name: expected letters, digits'],
  ])('refuses --set %s', async (override, message) => {
    const { code, out, err } = await show([override]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });
});

describe('a bad experiment', () => {
  const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x]']
    .concat(Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(8).fill(`*a${i}`).join(', ')}]`))
    .join('\n');

  it.each([
    ['an alias bomb', bomb, 'more than 20000 values in all'],
    ['__proto__', '__proto__: {x: 1}', 'the key "__proto__" is not allowed'],
    ['nothing', '', 'the file is empty'],
    ['bytes that are no text', '\u0000\u0001', 'error[config/invalid]'],
  ])('(%s) is refused before anything is created', async (_, text, message) => {
    const cwd = temporaryFolder();
    writeFileSync(path.join(cwd, 'bad.rlvr.yaml'), text);
    const commands: ((context: CommandContext) => Promise<number>)[] = [
      (context) => runCommand(context, 'bad.rlvr.yaml', { set: [] }),
      (context) => showConfigCommand(context, 'bad.rlvr.yaml', { set: [] }),
    ];
    for (const command of commands) {
      const { code, out, err } = await perform({ cwd }, command);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain(message);
    }
    expect(readdirSync(cwd)).toEqual(['bad.rlvr.yaml']);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});

describe('rlvr schema', () => {
  it('prints a JSON Schema that takes the sample experiment', async () => {
    const schema = parseJson(await perform({ cwd: temporaryFolder() }, (context) => schemaCommand(context)));
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'RLVR Lab experiment',
    });
    const sample = parse(readFileSync('samples/arithmetic.rlvr.yaml', 'utf8')) as object;
    const reads = z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema);
    expect(reads.safeParse(sample).error).toBeUndefined();
    expect(reads.safeParse({ ...sample, adaptor: {} }).success).toBe(false);
  });
});

describe('rlvr plugins', () => {
  const list = (kind?: string, id?: string, json = false): Promise<Performed> =>
    perform({ cwd: temporaryFolder(), json }, (context) => pluginsCommand(context, kind, id));

  it('lists every plugin that is registered, with every option', async () => {
    const all = parseJson(await list(undefined, undefined, true)) as { kind: string; id: string; options: object[] }[];
    const registered = catalogKinds.flatMap((kind) => catalog.all(kind).map(({ id }) => `${kind} ${id}`));
    expect(all.map(({ kind, id }) => `${kind} ${id}`)).toEqual(registered);
    const { out } = await list();
    for (const { kind, id, options } of all) {
      if (kind === 'adapter') {
        expect(out).toMatch(new RegExp(`^${id} +\\S`, 'm'));
        continue;
      }
      expect(out).toContain(`  ${id}  `);
      for (const option of options as { name: string }[]) expect(out).toContain(`    ${option.name}  `);
    }
  });

  it('lists every method with its paper, formula, schema and capabilities as JSON', async () => {
    const methods = parseJson(await list('adapter', undefined, true)) as Record<string, unknown>[];
    for (const { id, paper, formula, config, capabilities } of methods) {
      expect(paper, String(id)).toMatch(/\S/);
      expect(formula, String(id)).toMatch(/\S/);
      expect(config).toMatchObject({ type: 'object', additionalProperties: false });
      expect(capabilities).toMatchObject({ mergeable: true, engines: ['embedded'] });
    }
    const found = new Map(methods.map(({ id, ...rest }) => [id, rest]));
    expect(found.get('pissa')).toMatchObject({ preset: 'lora', capabilities: { loraForm: true, peftType: 'LORA' } });
    expect(found.get('lorafa')).toMatchObject({ capabilities: { optimizer: 'lorafa' } });
    expect(found.get('eva')).toMatchObject({ capabilities: { calibration: 'activations', identityAtStart: true } });
    expect(found.get('loftq')).toMatchObject({ preset: 'lora', capabilities: { loraForm: false } });
    expect(found.get('loftq')?.['capabilities']).not.toHaveProperty('peftType');
    expect(found.get('full')).toMatchObject({ capabilities: { loraForm: false } });
    expect(found.get('full')?.['capabilities']).not.toHaveProperty('peftType');
  });

  it('lists one kind, also in the plural, and one plugin', async () => {
    const adapters = await list('adapters');
    expect(adapters.out).toMatch(/^Adapters\nmethod +computes +start +PEFT +optimizer\nlora +W \+ s B A/);
    const one = (await list('adapter', 'lora')).out;
    expect(one).toMatch(/^Adapters\n {2}lora {2}Low-rank update/);
    expect(one).toContain('    starts at the base; has form as plain LoRA\n');
    expect(one).toContain('    r  whole number of at least 1, default 8; also rank\n        Rank\n');
    expect(adapters.out).not.toContain('adamw');
    const [lora, ...others] = parseJson(await list('adapter', 'lora', true)) as { id: string; source: string }[];
    expect(others).toEqual([]);
    expect(lora).toMatchObject({ kind: 'adapter', id: 'lora' });
    expect(lora?.source).toContain('arXiv 2106.09685');
    expect((await list('analyzer')).code).toBe(0);
  });

  it('suggests the nearest name', async () => {
    const { code, err } = await list('adaptor');
    expect(code).toBe(2);
    expect(err).toContain(
      'There is no kind of plugin named "adaptor". Did you mean "adapter"? There are: adapter, reward,',
    );
    expect((await list('reward', 'formt')).err).toContain('Did you mean "format"?');
  });
});

describe('rlvr doctor', () => {
  const examine = (cwd: string, json: boolean): Promise<Performed> =>
    perform({ cwd, json }, (context) => doctorCommand(context));

  it('finds that the embedded default works here, and gives a reason for what does not', async () => {
    const cwd = temporaryFolder();
    const { works, findings } = parseJson(await examine(cwd, true)) as {
      works: boolean;
      findings: { name: string; state: string; detail: string }[];
    };
    expect(works).toBe(true);
    const states = Object.fromEntries(findings.map(({ name, state }) => [name, state]));
    expect(states).toMatchObject({ 'Node.js': 'ok', 'ONNX Runtime': 'ok', 'Device cpu': 'ok', 'Runs folder': 'ok' });
    for (const device of ['webgpu', 'cuda', 'tensorflow']) expect(states).toHaveProperty(`Device ${device}`);
    expect(findings.every(({ detail }) => detail.length > 3)).toBe(true);
    // It looks, and leaves nothing behind.
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('fails where the runs’ folder cannot be written', async () => {
    const cwd = temporaryFolder();
    writeFileSync(path.join(cwd, '.rlvr'), 'a file in the way');
    const { code, out } = await examine(cwd, false);
    expect(code).toBe(1);
    expect(out).toMatch(/failed +Runs folder +.*is not writable/);
    expect(out).toContain('The default experiment cannot run here.');
  });

  it.each([
    ['20.19.0', '20.19', true],
    ['20.18.9', '20.19', false],
    ['22.0.0', '20.19', true],
    ['20.19', '20.19.1', false],
    ['9.99.0', '20.19', false],
  ])('compares versions: %s at least %s is %s', (version, wanted, expected) => {
    expect(isAtLeast(version, wanted)).toBe(expected);
  });
});
