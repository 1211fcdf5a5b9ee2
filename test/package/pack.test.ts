import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
/** Against hanging alone: npm compresses 300 MB here, which takes long where others compute as well. */
const patience = 600_000;

/** The npm at hand; with RLVR_TEST_NPM=10,11 these versions as well, fetched from the registry. */
const npms = [
  ['npm'],
  ...(process.env['RLVR_TEST_NPM'] ?? '')
    .split(',')
    .flatMap((version) => (version === '' ? [] : [['npx', '--yes', `npm@${version}`]])),
];

/** What a user's shell has: an npm that runs this test would pass its own settings on, .npmrc included. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|onnxruntime_|node_env$|init_cwd$)/i.test(name)),
);

function run(command: readonly string[], folder: string): string {
  const [program = '', ...rest] = command;
  return execFileSync(program, rest, {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function readJson(...parts: string[]): Record<string, unknown> {
  return JSON.parse(readFileSync(path.join(...parts), 'utf8')) as Record<string, unknown>;
}

describe('the packed package', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'rlvr-lab-pack-'));
  const engine = path.join('node_modules', 'onnxruntime-node', 'package.json');
  const engineBefore = readFileSync(path.join(root, engine), 'utf8');
  let tarball = '';

  beforeAll(() => {
    run(['npm', 'pack', '--pack-destination', folder], root);
    const [name = ''] = readdirSync(folder);
    tarball = path.join(folder, name);
  }, patience);

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('leaves the clone as it was', () => {
    expect(readFileSync(path.join(root, engine), 'utf8')).toBe(engineBefore);
    expect(engineBefore).toContain('postinstall');
  });

  it.each(npms.map((npm) => [npm.join(' '), npm] as const))(
    'works where %s installs it with install scripts on and no network',
    (name, npm) => {
      const consumer = path.join(folder, `consumer of ${name.replaceAll(/\W/g, '-')}`);
      mkdirSync(consumer);
      writeFileSync(
        path.join(consumer, 'package.json'),
        JSON.stringify({ name: 'consumer', version: '1.0.0', private: true }),
      );
      run([...npm, 'install', '--offline', '--ignore-scripts=false', '--no-audit', '--no-fund', tarball], consumer);

      const installed = path.join(consumer, 'node_modules', 'rlvr-lab');
      const { version } = readJson(root, 'package.json');
      expect(readJson(installed, engine)['scripts']).toBeUndefined();
      expect(readdirSync(path.join(installed, 'dist')).filter((file) => file.endsWith('.map'))).toEqual([]);
      expect(run(['npx', '--no', 'rlvr', '--', '--version'], consumer).trim()).toBe(version);
      expect(JSON.parse(run(['npx', '--no', 'rlvr', '--', 'doctor', '--json'], consumer))).toBeTypeOf('object');
      // A plugin of a user's is compiled, judged, and type-checked against the declarations in the package.
      run(['npx', '--no', 'rlvr', '--', 'plugin', 'new', 'reward', 'mine'], consumer);
      const tested = run(['npx', '--no', 'rlvr', '--', 'plugin', 'test', '.rlvr/plugins/mine.ts'], consumer);
      expect(tested).toContain('0 failed');
      const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
      expect(run([process.execPath, tsc, '-p', '.rlvr/plugins'], consumer)).toBe('');
    },
    patience,
  );
});
