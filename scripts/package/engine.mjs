// npm's `prepack` and `postpack`: the ONNX Runtime that travels inside our package must have no install script.
// Its script downloads a CUDA library on every linux-x64 machine, wanted or not, and fails the installation where it cannot.
// While `npm pack` runs, its package.json here is the one to be shipped; `--restore` puts the original back.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const manifestPath = join(root, 'node_modules', 'onnxruntime-node', 'package.json');
const originalPath = join(root, 'node_modules', '.onnxruntime-node.package.json');

/** What its compiled library needs; the other dependencies serve the install script alone. */
const neededAtRunTime = ['onnxruntime-common'];

function write(path, text) {
  writeFileSync(`${path}.${process.pid}`, text);
  renameSync(`${path}.${process.pid}`, path);
}

function restore() {
  if (existsSync(originalPath)) renameSync(originalPath, manifestPath);
}

function prepare() {
  restore();
  const text = readFileSync(manifestPath, 'utf8');
  const { scripts, devDependencies, dependencies, ...rest } = JSON.parse(text);
  const needed = Object.entries(dependencies).filter(([name]) => neededAtRunTime.includes(name));
  if (needed.length !== neededAtRunTime.length) {
    throw new Error(`onnxruntime-node no longer depends on ${neededAtRunTime.join(', ')}: look at what it loads now.`);
  }
  write(originalPath, text);
  write(manifestPath, `${JSON.stringify({ ...rest, dependencies: Object.fromEntries(needed) }, undefined, 2)}\n`);
}

if (process.argv.includes('--restore')) restore();
else prepare();
