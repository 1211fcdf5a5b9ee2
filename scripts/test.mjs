// `npm test`: the static checks, then every vitest test that needs neither Python nor an editor. Arguments go to vitest.
// Ends with one line: N passed, N failed[, N skipped]; a check counts as one test.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { addCounts, countsLine } from './counts.mjs';
import { root, runNode, toolPath } from './tools.mjs';
import { vitestCounts } from './vitestCounts.mjs';

const report = join(root, 'node_modules', '.cache', 'rlvr-lab', 'test-report.json');

// The longest first: two run at a time.
const checks = [
  {
    name: 'lint (eslint)',
    command: [toolPath('eslint'), '.', '--max-warnings', '0'],
    remedy: 'npx eslint . --fix mends some',
  },
  { name: 'types (tsc)', command: [toolPath('typescript', 'tsc'), '--noEmit', '-p', '.'] },
  { name: 'format (prettier)', command: [toolPath('prettier'), '--check', '.'], remedy: 'npm run format mends it' },
  { name: 'unused code (knip)', command: [toolPath('knip')] },
  { name: 'layers (dependency-cruiser)', command: ['scripts/checkLayers.mjs'] },
  { name: 'files (size, names)', command: ['scripts/checkFiles.mjs'] },
];

async function runCheck({ name, command, remedy }) {
  const start = performance.now();
  const { exitCode, output } = await runNode(command, { quiet: true });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `${exitCode === 0 ? 'ok    ' : 'FAILED'} ${name}, ${seconds} s${exitCode !== 0 && remedy ? `: ${remedy}` : ''}`,
  );
  if (exitCode !== 0) console.log(output.replace(/^(?=.)/gm, '       '));
  return exitCode === 0;
}

async function runChecks() {
  const queue = [...checks];
  const results = [];
  const work = async () => {
    for (let check = queue.shift(); check; check = queue.shift()) results.push(await runCheck(check));
  };
  await Promise.all([work(), work()]);
  const passed = results.filter(Boolean).length;
  return { passed, failed: results.length - passed, skipped: 0 };
}

async function runTests() {
  rmSync(report, { force: true });
  const { exitCode } = await runNode([
    ...[toolPath('vitest'), 'run', '--project', 'node', ...process.argv.slice(2)],
    ...['--reporter', 'default', '--reporter', 'json', `--outputFile.json=${report}`],
  ]);
  return vitestCounts(report, exitCode);
}

console.log(`Running ${checks.length} checks, then the tests`);
const counts = addCounts(await runChecks(), await runTests());
console.log(countsLine(counts));
process.exitCode = counts.failed > 0 ? 1 : 0;
