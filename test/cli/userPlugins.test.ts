import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRun } from '../../core/runs/runJson.ts';
import { temporaryFolder } from '../runs/folder.ts';
import { startProgram } from '../runs/program.ts';
import { writeTinyExperiment } from '../runs/tinyExperiment.ts';
import { productOfSuite, runCommand } from './product.ts';
import type { CommandResult } from './product.ts';

const product = productOfSuite();
const root = path.resolve(import.meta.dirname, '../..');

const rlvr = (cwd: string, ...args: readonly string[]): Promise<CommandResult> => runCommand(product(), cwd, args);

/** A project outside of the repository, so that nothing is found in a node_modules above it, with plugins by file name. */
function project(plugins: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, '.rlvr', 'plugins'), { recursive: true });
  for (const [name, text] of Object.entries(plugins)) writeFileSync(path.join(folder, '.rlvr', 'plugins', name), text);
  return folder;
}

/** A reward whose score is an expression. */
const reward = (value: string): string => `
  import { z } from 'zod';
  import { tf } from 'rlvr-lab/tensor/tf';
  import * as core from '@tensorflow/tfjs-core';
  import type { Reward } from 'rlvr-lab/contracts/reward';
  if (core.add !== tf.add) throw new Error('two copies of tfjs-core');
  export const reward: Reward<{}> = {
    id: 'mine', summary: 'a reward of this test', source: 'this test', config: z.strictObject({}),
    create: () => (sample) => ({ value: ${value} }),
  };`;

describe('plugins of a project', { timeout: 120_000 }, () => {
  it('are compiled, listed, trained with, and recorded by a hash; a run that they change under does not go on', async () => {
    const cwd = project({ 'mine.ts': reward('sample.completion.length % 7') });
    expect((await rlvr(cwd, 'plugins', 'reward', 'mine')).out).toContain('mine  a reward of this test');
    const training = { steps: 2, checkpoint_every: 1 };
    const file = writeTinyExperiment(cwd, { rewards: [{ type: 'mine' }], training });
    const { code, err } = await rlvr(cwd, 'run', file, '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const runs = path.join(cwd, '.rlvr', 'runs');
    const [id = ''] = readdirSync(runs);
    const record = readRun(path.join(runs, id));
    expect(record.plugins.find((used) => used.id === 'mine')?.hash).toMatch(/^[0-9a-f]{64}$/);

    const started = JSON.parse(readFileSync(path.join(runs, id, 'run.json'), 'utf8')) as Record<string, unknown>;
    writeFileSync(path.join(runs, id, 'run.json'), JSON.stringify({ ...started, status: 'stopped' }));
    writeFileSync(path.join(cwd, '.rlvr', 'plugins', 'mine.ts'), reward('0.5'));
    const resumed = await rlvr(cwd, 'resume', id);
    expect(resumed.code).toBe(1);
    expect(resumed.err).toContain('error[run/environment-changed]: ');
    expect(resumed.err).toContain('reward "mine"');
  });

  it.each<[string, Readonly<Record<string, string>>, string, string]>([
    [
      'throws while it is loaded',
      { 'b.ts': 'throw new Error("not today")' },
      'plugin/failed',
      'b.ts failed while it was loaded: not today',
    ],
    ['does not parse', { 'b.ts': 'export const reward = {' }, 'plugin/unreadable', 'line 1, column 24: '],
    [
      'asks for a module that is not there',
      { 'b.ts': 'import "rlvr-lab/tensor/fft"' },
      'plugin/unreadable',
      'There is no module "rlvr-lab/tensor/fft".',
    ],
    ['exports no plugin', { 'b.ts': 'export const a = 1' }, 'plugin/invalid', 'it exports a, but no plugin'],
    [
      'lacks a method',
      { 'b.ts': 'export const reward = { id: "b", summary: "b", source: "b" }' },
      'plugin/invalid',
      'its reward "b" has no function "create"',
    ],
    [
      'has an id that is taken',
      { 'b.ts': reward('1').replace("'mine'", "'format'") },
      'plugin/invalid',
      'there is another reward named "format"',
    ],
  ])('one that %s is named, without a stack', async (_, plugins, code, message) => {
    const { code: exit, out, err } = await rlvr(project(plugins), 'plugins', 'reward');
    expect({ exit, out }).toEqual({ exit: code === 'plugin/failed' ? 1 : 2, out: '' });
    expect(err).toContain(`error[${code}]: `);
    expect(err).toContain(message);
    expect(err).not.toMatch(/^\s+at /m);
  });

  it('one that never ends loading is ended, and named', async () => {
    const cwd = project({ 'endless.ts': 'for (;;);' });
    const env = { RLVR_RUNS: '', NO_COLOR: '1', RLVR_PLUGIN_SECONDS: '3' };
    const { code, err } = await startProgram(product().cli, ['plugins'], { cwd, env }).ended();
    expect(code).toBe(1);
    expect(err).toMatch(/error\[plugin\/timeout\]: Loading the plugin .*endless\.ts did not end within 3 s/);
  });

  it('a reward that gives nothing but NaN ends the run, and is named', async () => {
    const cwd = project({ 'mine.ts': reward('NaN') });
    const { code, err } = await rlvr(cwd, 'run', writeTinyExperiment(cwd, { rewards: [{ type: 'mine' }] }));
    expect(code).toBe(1);
    expect(err).toContain('reward "mine", method score: its value is NaN, expected a finite number.');
  });

  it('never run in the process of the command line', async () => {
    const cwd = project({ 'mine.ts': `console.log('pid', process.pid);${reward('1')}` });
    const { child, ended } = startProgram(product().cli, ['plugins', 'reward'], { cwd, env: { RLVR_RUNS: '' } });
    const { out } = await ended();
    expect(/^pid (\d+)$/m.exec(out)?.[1]).not.toBe(String(child.pid));
  });
});

describe('rlvr plugin new', { timeout: 120_000 }, () => {
  it('adds a method by three files; it passes the suite, and nothing is overwritten', async () => {
    const cwd = temporaryFolder();
    const { out } = await rlvr(cwd, 'plugin', 'new', 'adapter', 'half_lora');
    const own = out.split('\n').filter((line) => line.startsWith('Wrote') && !line.includes('tsconfig.json'));
    expect(own).toEqual([
      'Wrote .rlvr/plugins/half_lora.ts.',
      'Wrote .rlvr/plugins/half_lora.test.ts.',
      'Wrote half_lora.rlvr.yaml.',
    ]);
    const tested = await rlvr(cwd, 'plugin', 'test', path.join('.rlvr', 'plugins', 'half_lora.ts'));
    expect({ code: tested.code, err: tested.err }, tested.out).toEqual({ code: 0, err: '' });
    expect(tested.out).toMatch(/adapter half_lora .*: 20 of 20 passed/);
    expect(tested.out).toContain('tests half_lora.test.ts: 2 of 2 passed');
    const again = await rlvr(cwd, 'plugin', 'new', 'adapter', 'half_lora');
    expect(again.code).toBe(2);
    expect(again.err).toContain('half_lora.ts exists already');
    expect((await rlvr(cwd, 'plugins', 'adapter', 'half_lora')).out).toContain('computes W + s B A');
  });

  it.each(['reward', 'optimizer', 'objective', 'analyzer', 'dataset'])('writes a %s that works', async (kind) => {
    const cwd = temporaryFolder();
    await rlvr(cwd, 'plugin', 'new', kind, 'mine');
    const { code, out } = await rlvr(cwd, 'plugin', 'test', '.rlvr/plugins/mine.ts');
    expect(code, out).toBe(0);
    expect(out).toMatch(/\n\d+ passed, 0 failed\n$/);
    expect((await rlvr(cwd, 'show-config', 'mine.rlvr.yaml')).code).toBe(0);
  });

  it.each([
    [['engine', 'mine'], 'There is no sample of a plugin of kind "engine".'],
    [['reward', '../mine'], '"../mine" is no name of a plugin'],
    [['reward'], 'Something is missing: `rlvr plugin new KIND NAME`.'],
  ])('refuses %j', async (args, message) => {
    const cwd = temporaryFolder();
    const { code, err } = await rlvr(cwd, 'plugin', 'new', ...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(existsSync(path.join(cwd, '.rlvr'))).toBe(false);
  });
});

describe('rlvr plugin test', () => {
  it('names plugin, method and layer of an adapter that hangs', async () => {
    const text = readFileSync(path.join(root, 'samples', 'plugins', 'adapter.ts'), 'utf8');
    const cwd = project({
      'slow.ts': text
        .replace('merged: (layer) => ({', 'merged: (layer) => { for (;;); return ({')
        .replace('layer.bias }),\n  }),', 'layer.bias }),\n  }); },'),
    });
    const env = { RLVR_RUNS: '', NO_COLOR: '1', RLVR_PLUGIN_SECONDS: '3' };
    const args = ['plugin', 'test', '.rlvr/plugins/slow.ts'];
    const { code, err } = await startProgram(product().cli, args, { cwd, env }).ended();
    expect(code).toBe(1);
    expect(err).toMatch(
      /Adapter "my_adapter", method merged, layer model\.layers\.0\.self_attn\.q_proj did not end within 3 s/,
    );
  });
});
