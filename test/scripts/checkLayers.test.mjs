import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkLayers } from '../../scripts/checkLayers.mjs';

/** The names of the rules that a tree of files (path -> text) breaks; a file that is imported and not given is empty. */
async function brokenRules(files) {
  const folder = mkdtempSync(join(tmpdir(), 'rlvr-lab-layers-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(folder, 'node_modules'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    for (const [, target] of text.matchAll(/from '(\.[^']+)'/g)) touch(join(folder, dirname(path), target));
  }
  const { violations } = await checkLayers(folder);
  return [...new Set(violations.map(({ rule }) => rule))].filter((rule) => rule !== 'no-unresolvable').sort();
}

function touch(path) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '', { flag: 'a' });
}

const usesName = (source, kind = 'import') => `${kind} { name } from '${source}';\nexport const used = name;\n`;
const usesType = (source) => `import type { Name } from '${source}';\nexport type Used = Name;\n`;

describe('a broken rule is found', () => {
  it.each([
    ['layer-core-contracts', 'core/contracts/reward.ts', '../tensor/compile.ts'],
    ['layer-core-tensor', 'core/tensor/compile.ts', '../model/decoder.ts'],
    ['layer-core-model', 'core/model/decoder.ts', '../training/trainer.ts'],
    ['layer-core-files', 'core/errors.ts', './model/decoder.ts'],
    ['core-folder-without-layer', 'core/training/trainer.ts', '../attic/old.ts'],
    ['core-imports-core-only', 'core/training/trainer.ts', '../../plugins/index.ts'],
    ['core-imports-core-only', 'core/runs/runStore.ts', '../../cli/main.ts'],
    ['core-has-no-user-interface', 'core/runs/report.ts', 'lit'],
    ['vscode-in-extension-only', 'cli/main.ts', 'vscode'],
    ['layer-plugins-adapters', 'plugins/adapters/lora.ts', '../../core/model/decoder.ts'],
    ['layer-plugins-rewards', 'plugins/rewards/format.ts', '../../core/training/trainer.ts'],
    ['layer-plugins-engines', 'plugins/engines/embedded.ts', '../../core/report/renderReport.ts'],
    ['plugins-do-not-import-each-other', 'plugins/adapters/dora.ts', './lora.ts'],
    ['plugins-do-not-import-each-other', 'plugins/rewards/format.ts', '../adapters/lora.ts'],
    ['plugins-import-core-only', 'plugins/adapters/lora.ts', '../../cli/main.ts'],
    ['containers-are-roots', 'plugins/adapters/lora.ts', '../../core/container.ts'],
    ['containers-are-roots', 'core/training/trainer.ts', '../container.ts'],
    ['inversify-in-containers-only', 'cli/main.ts', 'inversify'],
    ['plugins-registered-in-one-place', 'cli/main.ts', '../plugins/adapters/lora.ts'],
    ['front-ends-do-not-import-each-other', 'extension/extension.ts', '../cli/main.ts'],
    ['front-ends-do-not-import-each-other', 'extension/extension.ts', '../webviews/run/panel.ts'],
    ['webviews-take-types-only', 'webviews/run/panel.ts', '../../core/runs/metrics.ts'],
    ['protocol-is-types-only', 'webviews/run/protocol.ts', '../../core/runs/metrics.ts'],
    ['front-ends-do-not-import-each-other', 'cli/main.ts', '../test/goldenFolder.ts'],
  ])('%s: %s imports %s', async (rule, from, to) => {
    expect(await brokenRules({ [from]: usesName(to) })).toContain(rule);
  });

  it('by a type-only import against the direction of the layers', async () => {
    const files = { 'core/contracts/reward.ts': usesType('../tensor/compile.ts') };
    expect(await brokenRules(files)).toEqual(['layer-core-contracts']);
  });

  it('by a re-export', async () => {
    const files = { 'core/tensor/compile.ts': `export { name } from '../model/decoder.ts';\n` };
    expect(await brokenRules(files)).toEqual(['layer-core-tensor']);
  });

  it('by an import at run time', async () => {
    const files = { 'core/tensor/compile.ts': `export const load = () => import('../model/decoder.ts');\n` };
    expect(await brokenRules({ ...files, 'core/model/decoder.ts': 'export const name = 1;\n' })).toEqual([
      'layer-core-tensor',
    ]);
  });

  it('by a cycle', async () => {
    const files = {
      'core/tensor/a.ts': `${usesName('./b.ts')}export const name = 1;\n`,
      'core/tensor/b.ts': `${usesName('./a.ts')}export const name = 2;\n`,
    };
    expect(await brokenRules(files)).toEqual(['no-circular']);
  });

  it('by a module that nothing is connected to', async () => {
    expect(await brokenRules({ 'core/tensor/alone.ts': 'export const name = 1;\n' })).toEqual(['no-orphans']);
  });
});

describe('what the layers allow passes', () => {
  it.each([
    ['core/training/trainer.ts', usesName('../model/decoder.ts')],
    ['core/model/decoder.ts', usesName('../errors.ts')],
    ['core/container.ts', usesName('inversify')],
    ['core/runs/tokens.ts', usesType('inversify')],
    ['plugins/adapters/lora.ts', usesName('../../core/lowrank/scaling.ts')],
    ['plugins/adapters/lora/forward.ts', usesName('./initialise.ts')],
    ['plugins/engines/embedded.ts', usesName('../../core/training/trainer.ts')],
    ['plugins/index.ts', usesName('./adapters/lora.ts')],
    ['cli/main.ts', usesName('../plugins/index.ts')],
    ['extension/extension.ts', usesName('vscode')],
    ['extension/panel.ts', usesType('../webviews/run/protocol.ts')],
    ['webviews/run/panel.ts', usesType('../../core/runs/metrics.ts')],
    ['test/plugins/lora.test.ts', usesName('../../plugins/adapters/lora.ts')],
  ])('%s', async (path, text) => {
    expect(await brokenRules({ [path]: text })).toEqual([]);
  });
});
