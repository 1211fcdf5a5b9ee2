import { readFileSync } from 'node:fs';

/**
 * Adds up the report of vitest's `json` reporter. A test file that could not be loaded counts as one failure, and so does an
 * error outside any test, which shows in the exit code alone.
 * @param {string} reportFile
 * @param {number} exitCode
 * @returns {import('./counts.mjs').Counts}
 */
export function vitestCounts(reportFile, exitCode) {
  const report = readReport(reportFile);
  const unloadable = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  ).length;
  const failed = report.numFailedTests + unloadable;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Where vitest died before its report there is none. */
function readReport(reportFile) {
  try {
    return JSON.parse(readFileSync(reportFile, 'utf8'));
  } catch {
    return { testResults: [], numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  }
}
