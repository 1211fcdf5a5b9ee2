// Benchmarks beside Python libraries (`npm run bench:trl`, `bench:linalg`, `bench:verifier`): makes what the one named first needs, then
// runs it. Options: `npm run bench:trl -- --help`.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PythonEnvironmentError, pythonEnvironment } from './pythonEnvironment.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The product's program that runs beside it, if any, and the Python environment where it is not the usual one. */
const needs = {
  trl: {},
  linalg: { entry: 'linalg' },
  verifier: { entry: 'verifier', environment: 'verifier' },
};

try {
  execFileSync(process.execPath, [join(root, 'scripts', 'setup.mjs')], { stdio: 'inherit' });
  const [name, ...args] = process.argv.slice(2);
  const { entry, environment } = needs[name];
  const python = args.includes('--help') ? '' : await pythonEnvironment(undefined, environment);
  const { bundle, productEntries } = await import('./build.mjs');
  const folder = `node_modules/.cache/rlvr-lab/bench-${name}`;
  const entries = { ...(entry && { [entry]: productEntries[entry] }), run: `bench/${name}/run.ts` };
  await bundle(entries, { folder, clean: true });
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
