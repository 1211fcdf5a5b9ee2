// Runs a TypeScript program of this repository that is no part of the package (benchmarks, recipes):
//   node scripts/runTypescript.mjs FILE [ARGUMENT...]
// Bundled beside a worker and a command line of its own into build/, laid out as dist/ is.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundle, productEntries } from './build.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [source, ...programArguments] = process.argv.slice(2);
if (source === undefined) {
  console.error('Usage: node scripts/runTypescript.mjs FILE [ARGUMENT...]');
  process.exit(2);
}
await bundle({ ...productEntries, program: source }, { folder: 'build' });
const program = join(root, 'build', 'program.js');
process.argv = [process.argv[0], program, ...programArguments];
await import(pathToFileURL(program).href);
