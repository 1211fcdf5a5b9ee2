import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const scripts = path.resolve(import.meta.dirname, '../../scripts');
const buildStandIn = `
import { mkdirSync, writeFileSync } from 'node:fs';
import { writeSetupState } from './setupState.mjs';
import { sourceHash } from './sourceHash.mjs';
mkdirSync('dist', { recursive: true });
writeFileSync('dist/cli.js', '');
writeSetupState('.', { sources: sourceHash('.') });
`;

describe('scripts/setup.mjs', () => {
  const clone = mkdtempSync(path.join(tmpdir(), 'rlvr-lab-setup-'));
  const run = (program, ...args) => execFileSync(program, args, { cwd: clone, encoding: 'utf8', stdio: 'pipe' });
  const setup = () => run(process.execPath, 'scripts/setup.mjs');
  const write = (file, text) => {
    mkdirSync(path.dirname(path.join(clone, file)), { recursive: true });
    writeFileSync(path.join(clone, file), text);
  };

  beforeAll(() => {
    write(
      'package.json',
      JSON.stringify({ name: 'a-clone', version: '1.0.0', devDependencies: { esbuild: 'file:./esbuild' } }),
    );
    write('esbuild/package.json', JSON.stringify({ name: 'esbuild', version: '1.0.0' }));
    write('core/errors.ts', 'export const a = 1;\n');
    write('scripts/build.mjs', buildStandIn);
    for (const file of ['setup.mjs', 'setupState.mjs', 'sourceHash.mjs']) {
      copyFileSync(path.join(scripts, file), path.join(clone, 'scripts', file));
    }
    run('npm', 'install', '--package-lock-only', '--offline');
  });

  afterAll(() => {
    rmSync(clone, { recursive: true });
  });

  it('installs and builds on a fresh clone', () => {
    expect(setup()).toMatch(/setup: installing[^]*setup: building/);
    expect(existsSync(path.join(clone, 'dist/cli.js'))).toBe(true);
  });

  it('says and does nothing when nothing has changed', () => {
    expect(setup()).toBe('');
  });

  it('builds again when a source has changed or the build is gone', () => {
    write('core/errors.ts', 'export const a = 2;\n');
    expect(setup()).toMatch(/^setup: building/);
    rmSync(path.join(clone, 'dist'), { recursive: true });
    expect(setup()).toMatch(/^setup: building/);
    expect(setup()).toBe('');
  });

  it('installs again when the lock file asks for something else', () => {
    write('other/package.json', JSON.stringify({ name: 'other', version: '1.0.0' }));
    run('npm', 'install', '--package-lock-only', '--offline', '--save-dev', './other');
    expect(setup()).toContain('setup: installing');
    expect(setup()).toBe('');
  });

  it('takes over what `npm install` has put there', () => {
    appendFileSync(path.join(clone, 'package-lock.json'), '\n');
    expect(setup()).not.toContain('setup: installing');
  });
});
