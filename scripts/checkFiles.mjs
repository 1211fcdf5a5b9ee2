// Checks what the style asks of whole files: length, line width, names, no barrels.
import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { root } from './tools.mjs';

const mostLines = 500;
const highestMedian = 100;
const widestLine = 140;
const allowedIndex = 'plugins/index.ts';
const codeName = /^[a-z][A-Za-z0-9]*(\.[a-z]+)*\.(ts|mjs)$/;

function listFiles() {
  const known = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return [...new Set(known.split('\n'))]
    .filter((path) => /\.(ts|mjs|py)$/.test(path) && !/^(\.|test\/golden\/)/.test(path))
    .sort();
}

function problemsOf({ path, lines }) {
  const problems = [];
  if (lines.length > mostLines)
    problems.push(`${lines.length} lines, more than ${mostLines}: split it by what it does`);
  const wide = lines.findIndex((line) => line.length > widestLine);
  if (wide >= 0) problems.push(`line ${wide + 1} is ${lines[wide].length} wide, more than ${widestLine}`);
  if (/\.(ts|mjs)$/.test(path) && !codeName.test(basename(path)))
    problems.push('name it in camelCase after its main export');
  if (basename(path) === 'index.ts' && path !== allowedIndex) {
    problems.push(`no barrels: name it after its main export (${allowedIndex}, a data list, is the one exception)`);
  }
  return problems.map((problem) => `${path}: ${problem}`);
}

function medianOf(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const files = listFiles().flatMap((path) => {
  try {
    return [{ path, lines: readFileSync(join(root, path), 'utf8').trimEnd().split('\n') }];
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
});
const problems = files.flatMap(problemsOf);
const median = medianOf(files.map(({ lines }) => lines.length));
if (files.length === 0) problems.push('no source file was seen');
if (median >= highestMedian)
  problems.push(`the median file has ${median} lines; it should have fewer than ${highestMedian}`);
for (const problem of problems) console.error(problem);
console.log(`${files.length} files, median ${median} lines, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
