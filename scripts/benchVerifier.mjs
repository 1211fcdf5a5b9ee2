// `npm run bench:verifier`: makes what the benchmark beside Math-Verify needs, then runs it. Options: `npm run bench:verifier -- --help`.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PythonEnvironmentError, pythonEnvironment } from './pythonEnvironment.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

try {
  execFileSync(process.execPath, [join(root, 'scripts', 'setup.mjs')], { stdio: 'inherit' });
  const args = process.argv.slice(2);
  const python = args.includes('--help') ? '' : await pythonEnvironment(undefined, 'verifier');
  const { bundle, productEntries } = await import('./build.mjs');
  const folder = 'node_modules/.cache/rlvr-lab/bench-verifier';
  await bundle({ verifier: productEntries.verifier, run: 'bench/verifier/run.ts' }, { folder, clean: true });
  const { main } = await import(pathToFileURL(join(root, folder, 'run.js')).href);
  await main(args, python, root);
} catch (error) {
  const isExpected =
    error instanceof PythonEnvironmentError ||
    error.code?.startsWith?.('ERR_PARSE_ARGS') ||
    error instanceof RangeError;
  console.error(isExpected ? error.message : error);
  process.exitCode = 1;
}
