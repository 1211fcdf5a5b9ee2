// The study of samples/study: makes the base models that are missing, then runs it. Arguments go to `rlvr study`.
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const options = process.argv.slice(2);
const isQuick = options.includes('--quick');
// The quick study has one size of model.
const sizes = isQuick ? ['base'] : ['base', 'small', 'medium'];

/** @param {string[]} args */
function node(args) {
  const { status, signal } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(signal === 'SIGINT' ? 130 : (status ?? 1));
}

// Ctrl-C goes to the program that runs, which ends in its own way.
process.on('SIGINT', () => undefined);
for (const size of sizes) {
  node(['scripts/runTypescript.mjs', 'samples/recipe/makeBase.ts', '--corpus', 'study', '--size', size, '--missing']);
}
node(['dist/cli.js', 'study', 'samples/study/peft-for-rlvr.study.yaml', ...options]);
