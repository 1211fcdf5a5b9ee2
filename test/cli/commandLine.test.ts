import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandTable } from '../../cli/commandTable.ts';
import { temporaryFolder } from '../runs/folder.ts';
import { writeTinyExperiment } from '../runs/tinyExperiment.ts';
import { productOfSuite, runCommand } from './product.ts';
import type { CommandResult } from './product.ts';

const product = productOfSuite();

const rlvr = (args: readonly string[], cwd = temporaryFolder()): Promise<CommandResult> =>
  runCommand(product(), cwd, args);

describe('rlvr --help', () => {
  it('lists every command with what it does, and the exit codes', async () => {
    const { code, out, err } = await rlvr(['--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const words = out.replaceAll(/ [<[][a-z-]+[>\]]/g, '').replaceAll(/\s+/g, ' ');
    for (const { name, summary } of commandTable) expect(words).toContain(` ${name} ${summary}`);
    expect(out).toContain('130  stopped by Ctrl-C');
  });

  it('loads little code: no schema, tensor or ONNX library', () => {
    const sources = staticImports(product().cli);
    const text = sources.map((file) => readFileSync(file, 'utf8')).join('\n');
    expect(text.length).toBeLessThan(200_000);
    expect(text).not.toMatch(/node_modules\/(zod|@tensorflow|inversify)|from ?"onnxruntime-node"/);
  });

  it('is there for every command, with --json', async () => {
    for (const { name } of commandTable) {
      const { code, out } = await rlvr([name, '--help']);
      expect({ name, code }).toEqual({ name, code: 0 });
      expect(out).toMatch(/^Usage: rlvr /);
      expect(out).toContain('--json');
      expect(out).toContain('--runs-folder');
    }
  });
});

describe('what cannot be used', () => {
  it.each([
    [['rnu', 'x'], "error[usage]: Unknown command 'rnu'. Did you mean run?\n"],
    [['runs', '--jsn'], "error[usage]: Unknown option '--jsn'. Did you mean --json?\n"],
    [['show'], "error[usage]: Missing required argument 'run'.\n"],
    [['runs', 'x'], "error[usage]: Too many arguments for 'runs'. Expected 0 arguments but got 1.\n"],
    [
      ['stop', 'latest', '--timeout', 'soon'],
      "error[usage]: Option '-t, --timeout <seconds>' argument 'soon' is invalid. A number of seconds is expected, as in 30 or 0.5.\n",
    ],
  ])('rlvr %j ends with exit code 2 and one line', async (args, message) => {
    expect(await rlvr(args)).toEqual({ code: 2, out: '', err: message });
  });

  it('is an object with --json', async () => {
    const { code, out, err } = await rlvr(['show', '--json', 'latest', '--nothing']);
    expect({ code, err }).toEqual({ code: 2, err: '' });
    expect(JSON.parse(out)).toEqual({ error: { code: 'usage', message: "Unknown option '--nothing'.", fields: {} } });
  });

  it('without a command is the help, on standard error', async () => {
    const { code, out, err } = await rlvr([]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^Usage: rlvr /);
  });

  it.each(['attach', 'stop', 'resume', 'show'])('rlvr %s refuses paths as run ids', async (command) => {
    const cwd = temporaryFolder();
    const { code, out, err } = await rlvr([command, '../elsewhere'], cwd);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('error[run/invalid-id]: "../elsewhere" is not a run id.');
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('rlvr run with an experiment that cannot start', () => {
  it.each<[string, string, Readonly<Record<string, unknown>>]>([
    ['a key that does not exist', 'config/unknown-key', { trainign: { steps: 1 } }],
    ['a plugin that does not exist', 'config/unknown-plugin', { adapter: { type: 'lorra' } }],
    ['a group of one', 'config/invalid', { rollout: { group_size: 1 } }],
    ['a batch that no groups fill', 'config/invalid', { rollout: { group_size: 8, batch_size: 12 } }],
    ['a rank larger than a layer', 'adapter/invalid', { adapter: { type: 'lora', r: 4096 } }],
    ['targets that match nothing', 'adapter/no-target', { adapter: { type: 'lora', target_modules: ['query'] } }],
    ['a model that is not there', 'model/missing', { model: { path: 'elsewhere' } }],
  ])('says so and leaves nothing: %s', async (_, errorCode, changes) => {
    const cwd = temporaryFolder();
    const file = writeTinyExperiment(cwd, changes);
    const before = readdirSync(cwd);
    const { code, out, err } = await rlvr(['run', file], cwd);
    expect({ code, out, before }).toEqual({ code: 2, out: '', before: readdirSync(cwd) });
    expect(err.split('\n', 1)[0]).toContain(`error[${errorCode}]: `);
  });

  it('names the file that is missing', async () => {
    const { code, err } = await rlvr(['run', 'none.rlvr.yaml']);
    expect(code).toBe(2);
    expect(err).toContain(
      'error[config/unreadable]: Cannot read the experiment none.rlvr.yaml: there is no such file.',
    );
  });

  it('refuses a cut model file', async () => {
    const cwd = temporaryFolder();
    const file = writeTinyExperiment(cwd);
    const weights = path.join(cwd, 'model', 'model.safetensors');
    writeFileSync(weights, readFileSync(weights).subarray(0, -100));
    const { code, err } = await rlvr(['run', file], cwd);
    expect(code).toBe(2);
    expect(err).toContain('error[safetensors/invalid]: ');
    expect(existsSync(path.join(cwd, '.rlvr'))).toBe(false);
  });
});

/** A program file and everything that loads with it. */
function staticImports(file: string, seen = new Set<string>()): readonly string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  const names = [
    ...readFileSync(file, 'utf8').matchAll(/^(?:import|\} from|export .* from) ?(?:[^;]*? from )?"(\.\/[^"]+)"/gm),
  ];
  return [file, ...names.flatMap(([, name = '']) => staticImports(path.join(path.dirname(file), name), seen))];
}
