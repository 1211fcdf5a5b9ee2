// vitest reporter of `npm run test:golden`: how many golden cases of each kind ran. A golden test file groups its cases by kind,
// `describe('<kind>')`, with one `it` a case.
import { countsLine } from './counts.mjs';

const none = { passed: 0, failed: 0, skipped: 0 };

function kindOf(test) {
  let node = test;
  while (node.parent.type === 'suite') node = node.parent;
  return node === test ? test.module.moduleId.split('/').at(-1) : node.name;
}

function printFailure(test) {
  console.log(`FAILED ${test.fullName}`);
  for (const error of test.result().errors ?? []) console.log(error.stack ?? error.message);
}

/** Counts the tests of all modules by their outermost `describe`. */
export default class GoldenReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const kinds = new Map();
    const total = { ...none };
    for (const test of modules.flatMap((module) => [...module.children.allTests()])) {
      const { state } = test.result();
      const kind = kindOf(test);
      if (!kinds.has(kind)) kinds.set(kind, { ...none });
      const outcome = state === 'pending' ? 'skipped' : state;
      kinds.get(kind)[outcome] += 1;
      total[outcome] += 1;
      if (outcome === 'failed') printFailure(test);
      if (outcome === 'skipped') console.log(`skipped ${test.fullName}`);
    }
    for (const error of [...modules.flatMap((module) => module.errors()), ...unhandledErrors]) {
      total.failed += 1;
      console.log(error.stack ?? error.message);
    }
    const width = Math.max(0, ...[...kinds.keys()].map((kind) => kind.length));
    for (const [kind, counts] of [...kinds].sort()) console.log(`${kind.padEnd(width)}  ${countsLine(counts)}`);
    if (total.passed + total.failed === 0) {
      total.failed = 1;
      console.log('No case ran: RLVR_GOLDEN (default test/golden) names a folder without golden data.');
    }
    console.log(countsLine(total));
    if (total.failed > 0) process.exitCode = 1;
  }
}
