// `npm run test:python`: the tests that need Python. Arguments go to pytest. Ends with one line: N passed, N failed[, N skipped].
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, productEntries } from './build.mjs';
import { countsLine } from './counts.mjs';
import { PythonEnvironmentError, pythonEnvironment } from './pythonEnvironment.mjs';
import { root } from './tools.mjs';

const bundleFolder = 'node_modules/.cache/rlvr-lab/python-tests';

function runPytest(python, reportFile) {
  const child = spawn(
    python,
    ['-m', 'pytest', '-p', 'no:cacheprovider', `--junitxml=${reportFile}`, 'test/python', ...process.argv.slice(2)],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', RLVR_TEST_TOOLS: join(root, bundleFolder, 'tools.js') },
    },
  );
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** Adds up pytest's report; a run that ended without one, or failed outside of any test, counts as one failure. */
function readCounts(reportFile, exitCode) {
  let report = '';
  try {
    report = readFileSync(reportFile, 'utf8');
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const count = (name) => Number(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(report)?.[1] ?? 0);
  const failed = count('failures') + count('errors');
  const skipped = count('skipped');
  const passed = count('tests') - failed - skipped;
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed, skipped };
}

const folder = mkdtempSync(join(tmpdir(), 'rlvr-lab-python-'));
try {
  const python = await pythonEnvironment();
  const { linalg } = productEntries;
  await bundle({ tools: 'test/python/tools.ts', linalg }, { folder: bundleFolder, clean: true });
  const reportFile = join(folder, 'report.xml');
  const exitCode = await runPytest(python, reportFile);
  console.log(countsLine(readCounts(reportFile, exitCode)));
  process.exitCode = exitCode;
} catch (error) {
  if (!(error instanceof PythonEnvironmentError)) throw error;
  console.error(error.message);
  console.log(countsLine({ passed: 0, failed: 1, skipped: 0 }));
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
