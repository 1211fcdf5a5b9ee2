import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { simulatedCoverage, type SimulatedCoverage } from '../../core/study/statistics/simulatedCoverage.ts';
import { writeBlock } from '../shared/resultsFile.ts';
import { intervalKinds, measureCoverage, type Coverage } from './coverage.ts';
import type { Scenario } from './simulatedStudy.ts';
import { wholeNumber } from '../shared/wholeNumber.ts';

const usage = `Simulates studies with known truth and counts how often intervals hold it.

  npm run bench:intervals -- [options]

  --repetitions N     simulated studies for each scenario; default 2000
  --write             put the figures into core/study/statistics/simulatedCoverage.ts and the tables into docs/intervals.md
  --help`;

const seedCounts = [3, 5, 10];
const scenarios: readonly Scenario[] = seedCounts.flatMap((seeds) => [
  ...[64, 256].flatMap((problems) =>
    [0.5, 1, 3, 8].map((seedDeviation) => ({ seeds, problems, seedDeviation, collapse: 0, samples: 4 })),
  ),
  ...[0.1, 0.3].map((collapse) => ({ seeds, problems: 256, seedDeviation: 1, collapse, samples: 4 })),
]);

function main(): void {
  const { values } = parseArgs({
    options: {
      repetitions: { type: 'string', default: '2000' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const repetitions = wholeNumber('repetitions', values.repetitions);
  const measured = scenarios.map((scenario) => {
    const coverage = measureCoverage(scenario, repetitions, intervalKinds);
    console.log(JSON.stringify(coverage));
    return coverage;
  });
  const tables = renderTables(measured, repetitions);
  console.log(tables);
  if (values.write) write(measured, tables);
}

function renderTables(measured: readonly Coverage[], repetitions: number): string {
  const share = (value: number | undefined): string => (value === undefined ? '' : (100 * value).toFixed(1));
  const heads = ['seeds', 'problems', 'seed sd', 'collapsing', ...intervalKinds];
  const table = (title: string, select: (coverage: Coverage) => Coverage['accuracy']): string =>
    [
      `### ${title}`,
      '',
      `| ${heads.join(' | ')} |`,
      `| ${heads.map(() => '---:').join(' | ')} |`,
      ...measured.map((coverage) => {
        const { seeds, problems, seedDeviation, collapse } = coverage.scenario;
        const own = select(coverage);
        const cells = [
          seeds,
          problems,
          seedDeviation,
          `${100 * collapse} %`,
          ...intervalKinds.map((kind) => share(own[kind])),
        ];
        return `| ${cells.join(' | ')} |`;
      }),
      '',
    ].join('\n');
  return [
    `Share of ${repetitions} simulated studies (4 completions a problem) whose 95 % interval held the truth, in percent; standard error ` +
      `at most ${(100 * Math.sqrt((0.95 * 0.05) / repetitions)).toFixed(1)} points where 95 is true.`,
    '',
    table('A paired difference of two methods, over seeds and problems', ({ difference }) => difference),
    table('A method’s accuracy, over seeds and problems', ({ accuracy }) => accuracy),
    table('A method’s accuracy on the problems at hand, over seeds', ({ accuracyHere }) => accuracyHere),
  ].join('\n');
}

function write(measured: readonly Coverage[], tables: string): void {
  const rows = measured.map(({ scenario, accuracy, difference }): SimulatedCoverage => {
    const { seeds, problems, seedDeviation, collapse } = scenario;
    const shares = { accuracy: accuracy['two-level'] ?? 0, difference: difference['two-level'] ?? 0 };
    return { seeds, problems, seedDeviation, collapse, ...shares };
  });
  const data = join(process.cwd(), 'core', 'study', 'statistics', 'simulatedCoverage.ts');
  const source = readFileSync(data, 'utf8');
  const head = source.slice(0, source.indexOf('export const simulatedCoverage'));
  const lines = rows.map((row) => {
    const entries = Object.entries(row).map(([name, value]) => `${name}: ${value}`);
    return `  { ${entries.join(', ')} },`;
  });
  writeFileSync(
    data,
    `${head}export const simulatedCoverage: readonly SimulatedCoverage[] = [\n${lines.join('\n')}\n];\n`,
  );
  writeBlock(join(process.cwd(), 'docs', 'intervals.md'), 'coverage', tables);
  console.log(`${simulatedCoverage.length} rows replaced by ${rows.length}.`);
}

main();
