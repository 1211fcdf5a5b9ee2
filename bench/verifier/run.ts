import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createVerifierPool } from '../../core/verifier/pool/verifierPool.ts';
import { defaultVerifierOptions } from '../../core/verifier/verifierOptions.ts';
import { describeMachine } from '../shared/machine.ts';
import { wholeNumber } from '../shared/wholeNumber.ts';
import { writeBlock } from '../shared/resultsFile.ts';
import { ordinaryCases, type OrdinaryCase } from './ordinaryCases.ts';

const usage = `Measures ordinary verifications a second, beside Math-Verify's in the same run.

  npm run bench:verifier -- [options]

  --cases N           different cases, default 2000
  --seconds N         time of each repetition, default 5
  --repetitions N     in turn on both sides, default 3
  --threads N         workers here, processes of Math-Verify; default 2
  --json              print the figures as JSON
  --write             put the table into bench/RESULTS.md
  --help`;

/** Verifications of one repetition. */
interface Figure {
  readonly verifications: number;
  readonly seconds: number;
  /** Cases found equal; half of them are. */
  readonly equal: number;
}

/** Runs the benchmark. Throws RangeError for an option that makes no sense. */
export async function main(args: readonly string[], python: string, root: string): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cases: { type: 'string', default: '2000' },
      seconds: { type: 'string', default: '5' },
      repetitions: { type: 'string', default: '3' },
      threads: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const [count, seconds] = [wholeNumber('cases', values.cases), wholeNumber('seconds', values.seconds)];
  const [repetitions, threads] = [
    wholeNumber('repetitions', values.repetitions),
    wholeNumber('threads', values.threads),
  ];
  const cases = ordinaryCases(count, 1);
  const folder = mkdtempSync(join(tmpdir(), 'rlvr-lab-bench-'));
  try {
    const file = join(folder, 'cases.jsonl');
    writeFileSync(file, cases.map((each) => `${JSON.stringify(each)}\n`).join(''));
    const program = join(root, 'bench', 'verifier', 'math_verify_side.py');
    const [ours, theirs]: [Figure[], Figure[]] = [[], []];
    for (let repetition = 0; repetition < repetitions; repetition++) {
      ours.push(await measureOurs(cases, seconds, threads));
      const output = execFileSync(python, [program, file, `${seconds}`, `${threads}`], { encoding: 'utf8' });
      theirs.push(JSON.parse(output) as Figure);
    }
    if (values.json) console.log(JSON.stringify({ ours, theirs }, undefined, 2));
    const table = render({ ours, theirs, count, threads, repetitions });
    if (!values.json) console.log(table);
    if (values.write) writeBlock(join(root, 'bench', 'RESULTS.md'), 'verifier', table);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measureOurs(cases: readonly OrdinaryCase[], seconds: number, threads: number): Promise<Figure> {
  const pool = createVerifierPool({ threads });
  const pass = (some: readonly OrdinaryCase[]): Promise<readonly (boolean | undefined)[]> =>
    Promise.all(some.map(async ({ answer, gold }) => (await pool.verify(answer, gold, defaultVerifierOptions)).equal));
  try {
    await pass(cases.slice(0, 200));
    let verifications = 0;
    let equal = 0;
    const began = performance.now();
    while (verifications === 0 || performance.now() - began < 1000 * seconds) {
      equal = (await pass(cases)).filter((each) => each === true).length;
      verifications += cases.length;
    }
    return { verifications, seconds: (performance.now() - began) / 1000, equal };
  } finally {
    await pool.close();
  }
}

interface Measured {
  readonly ours: readonly Figure[];
  readonly theirs: readonly Figure[];
  readonly count: number;
  readonly threads: number;
  readonly repetitions: number;
}

function render({ ours, theirs, count, threads, repetitions }: Measured): string {
  const row = (name: string, figures: readonly Figure[]): string => {
    const rates = figures.map(({ verifications, seconds }) => verifications / seconds).toSorted((a, b) => a - b);
    const median = rates[Math.floor(rates.length / 2)] ?? 0;
    const [least, most] = [rates[0] ?? 0, rates.at(-1) ?? 0];
    return `| ${name} | ${median.toFixed(0)} (${least.toFixed(0)} to ${most.toFixed(0)}) | ${figures[0]?.equal ?? 0} |`;
  };
  const machine = describeMachine();
  return [
    `${machine.date.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; ` +
      `\`npm run bench:verifier -- --write\`; median (least to most) of ${repetitions} repetitions, both sides in turn.`,
    '',
    `${count} different completions of 20 to 170 words that end with a box, against references of eight kinds: whole numbers, ` +
      `fractions, roots, polynomials, intervals, sets, percentages, assignments; half of them ` +
      `are right. ${threads} workers here, ${threads} processes of Math-Verify 0.9.0.`,
    '',
    '| | verifications a second | equal |',
    '| --- | ---: | ---: |',
    row('this project', ours),
    row('Math-Verify', theirs),
  ].join('\n');
}
