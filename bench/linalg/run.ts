import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  shorterSideInBackground,
  singularValuesInBackground,
  svdInBackground,
  topSvdInBackground,
} from '../../core/linalg/background.ts';
import { matrix, type Matrix } from '../../core/linalg/matrix.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { describeMachine } from '../shared/machine.ts';
import { recordResult } from '../shared/recordResult.ts';
import { wholeNumber } from '../shared/wholeNumber.ts';
import { startLapack, type Lapack } from './lapack.ts';
import { kinds, renderLinalg, type Kind, type LinalgFigure } from './table.ts';

const usage = `Measures the singular value decompositions of this project beside LAPACK's (numpy), one after the other in turn.

  npm run bench:linalg -- [options]

  --sizes LIST        default 192x192,512x512,1536x1536,2048x2048,8960x1536
  --kinds LIST        of values,top,shorter,full; default all
  --repetitions N     default 5
  --threads N         on each side, default 2
  --json              print the figures as JSON
  --write             put the table into bench/RESULTS.md
  --help`;

/** Small matrices are decomposed several times for one figure. */
const LEAST_ENTRIES = 300_000;

interface Subject {
  readonly source: Matrix;
  readonly file: string;
  readonly times: number;
}

/** Runs the benchmark. Throws RangeError for an option that makes no sense. */
export async function main(args: readonly string[], python: string, root: string): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sizes: { type: 'string', default: '192x192,512x512,1536x1536,2048x2048,8960x1536' },
      kinds: { type: 'string', default: Object.keys(kinds).join(',') },
      repetitions: { type: 'string', default: '5' },
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
  const [repetitions, threads] = [
    wholeNumber('repetitions', values.repetitions),
    wholeNumber('threads', values.threads),
  ];
  const sizes = values.sizes.split(',').map(sizeOf);
  const wanted = values.kinds.split(',').map(kindOf);
  const folder = mkdtempSync(join(tmpdir(), 'rlvr-lab-bench-'));
  const lapack = startLapack(python, root, threads);
  const figures: LinalgFigure[] = [];
  try {
    for (const [rows, columns] of sizes) {
      const source = matrix(rows, columns, randomStream(1, 'bench', rows, columns).normals(rows * columns));
      const file = join(folder, `${rows}x${columns}`);
      writeFileSync(file, new Uint8Array(source.data.buffer));
      const times = Math.ceil(LEAST_ENTRIES / source.data.length);
      for (const kind of wanted) {
        figures.push(await measure({ source, file, times }, kind, { lapack, repetitions, threads }));
      }
      rmSync(file);
    }
  } finally {
    lapack.end();
    rmSync(folder, { recursive: true, force: true });
  }
  const command = `npm run bench:linalg${args.length === 0 ? '' : ` -- ${args.join(' ')}`}`;
  const result = { machine: describeMachine(), command, threads, repetitions, figures };
  const table = renderLinalg(result);
  recordResult({ root, name: 'linalg', result, table, json: values.json, write: values.write });
}

function sizeOf(text: string): readonly [number, number] {
  const [rows = '', columns = ''] = text.split('x');
  return [wholeNumber('sizes', rows), wholeNumber('sizes', columns)];
}

function kindOf(text: string): Kind {
  if (text in kinds) return text as Kind;
  throw new RangeError(`--kinds ${text}: expected some of ${Object.keys(kinds).join(', ')}`);
}

function decompose(source: Matrix, kind: Kind, threads: number): Promise<Float64Array> {
  switch (kind) {
    case 'values':
      return singularValuesInBackground(source, { threads });
    case 'top':
      return topSvdInBackground(source, { threads, rank: 64 }).then(({ values }) => values);
    case 'shorter':
      return shorterSideInBackground(source, { threads }).then(({ s }) => s);
    case 'full':
      return svdInBackground(source, { threads }).then(({ s }) => s);
  }
}

/** Both sides twice uncounted, then one after the other in each repetition. */
async function measure(
  { source, file, times }: Subject,
  kind: Kind,
  { lapack, repetitions, threads }: { readonly lapack: Lapack; readonly repetitions: number; readonly threads: number },
): Promise<LinalgFigure> {
  const { rows, columns } = source;
  const [ours, theirs]: [number[], number[]] = [[], []];
  let difference = 0;
  for (let repetition = -1; repetition <= repetitions; repetition++) {
    const start = performance.now();
    let values = new Float64Array();
    for (let time = 0; time < times; time++) values = Float64Array.from(await decompose(source, kind, threads));
    const seconds = (performance.now() - start) / 1000 / times;
    const reference = await lapack.decompose({ file, rows, columns, vectors: kind !== 'values', times });
    const largest = reference.values[0] ?? 1;
    for (const [index, value] of reference.values.entries()) {
      difference = Math.max(difference, Math.abs(value - (values[index] ?? Number.NaN)) / largest);
    }
    if (repetition > 0) {
      ours.push(seconds);
      theirs.push(reference.seconds);
    }
  }
  console.error(`${rows} x ${columns}, ${kinds[kind].title}`);
  return { rows, columns, kind, ours, lapack: theirs, difference };
}
