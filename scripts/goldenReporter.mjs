// vitest reporter of `npm run test:golden`: how many golden cases of each kind ran, and of each method where there are several. A golden
// test file groups its cases by kind, `describe('<kind>')`, within it by method where cases are of methods, with one `it` a case.
import { countsLine } from './counts.mjs';

const none = { passed: 0, failed: 0, skipped: 0 };

/** Names of the groups around a test, the outermost first: kind, and method where there is one. */
function groupsOf(test) {
  const names = [];
  for (let node = test.parent; node.type === 'suite'; node = node.parent) names.unshift(node.name);
  return names.length === 0 ? [test.module.moduleId.split('/').at(-1)] : names.slice(0, 2);
}

function printFailure(test) {
  console.log(`FAILED ${test.fullName}`);
  for (const error of test.result().errors ?? []) console.log(error.stack ?? error.message);
}

/** One line a kind, followed by one a method. */
function printKinds(kinds) {
  const rows = [...kinds]
    .sort()
    .flatMap(([kind, { counts, methods }]) => [
      [kind, counts],
      ...[...methods].sort().map(([method, own]) => [`  ${method}`, own]),
    ]);
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  for (const [name, counts] of rows) console.log(`${name.padEnd(width)}  ${countsLine(counts)}`);
}

function entryOf(map, key, make) {
  if (!map.has(key)) map.set(key, make());
  return map.get(key);
}

/** Counts the tests of all modules by their two outermost `describe`s. */
export default class GoldenReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const kinds = new Map();
    const total = { ...none };
    for (const test of modules.flatMap((module) => [...module.children.allTests()])) {
      const { state } = test.result();
      const [kind, method] = groupsOf(test);
      const outcome = state === 'pending' ? 'skipped' : state;
      const own = entryOf(kinds, kind, () => ({ counts: { ...none }, methods: new Map() }));
      own.counts[outcome] += 1;
      if (method !== undefined) entryOf(own.methods, method, () => ({ ...none }))[outcome] += 1;
      total[outcome] += 1;
      if (outcome === 'failed') printFailure(test);
      if (outcome === 'skipped') console.log(`skipped ${test.fullName}`);
    }
    for (const error of [...modules.flatMap((module) => module.errors()), ...unhandledErrors]) {
      total.failed += 1;
      console.log(error.stack ?? error.message);
    }
    printKinds(kinds);
    if (total.passed + total.failed === 0) {
      total.failed = 1;
      console.log('No case ran: RLVR_GOLDEN (default test/golden) names a folder without golden data.');
    }
    console.log(countsLine(total));
    if (total.failed > 0) process.exitCode = 1;
  }
}
