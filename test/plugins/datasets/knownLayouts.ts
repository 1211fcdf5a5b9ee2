import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';

/** Files of a data set as it lies on the hub, with invented problems, and what they come to. */
export interface KnownLayout {
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** Questions and references of the first problems of the report split (training where there is none). */
  readonly first: readonly (readonly [question: string, reference: string])[];
}

type Row = Readonly<Record<string, unknown>>;

/** A Parquet file of rows: numbers become 64-bit integers, lists and objects JSON. */
function parquetOf(rows: readonly Row[]): Uint8Array {
  const columnData = Object.keys(rows[0] ?? {}).map((name) => {
    const data = rows.map((row) => row[name]);
    if (typeof data[0] === 'number')
      return { name, data: data.map((value) => BigInt(value as number)), type: 'INT64' as const };
    return typeof data[0] === 'string'
      ? { name, data, type: 'STRING' as const }
      : { name, data, type: 'JSON' as const };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData, codec: 'SNAPPY' }));
}

function jsonlOf(rows: readonly Row[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/** Rows by number, more than any split needs. */
function rowsOf(make: (n: number) => Row, count = 120): readonly Row[] {
  return Array.from({ length: count }, (_, n) => make(n));
}

/** Layouts by the id of the plugin. Columns and file names are those of the hub's pages that docs/datasets.md names. */
export const knownLayouts: Readonly<Record<string, KnownLayout>> = {
  dapo_math_17k: {
    files: {
      'all/train-00000-of-00001.parquet': parquetOf(
        rowsOf((n) => ({
          prompt: `Let $a=${n}$. Find $a+1$.`,
          solution: String(n + 1),
          data_source: 'math_dapo',
          source_prompt: [{ content: `Solve step by step: let $a=${n}$. Find $a+1$.`, role: 'user' }],
          ability: 'MATH',
          reward_model: { ground_truth: String(n + 1), style: 'rule-lighteval/MATH_v2' },
          extra_info: { index: `id-${n}` },
        })),
      ),
    },
    first: [],
  },
  gsm8k: {
    files: {
      'main/train-00000-of-00001.parquet': parquetOf(
        rowsOf((n) => ({
          question: `Ann has ${n} pens and buys two.`,
          answer: `${n}+2=<<${n}+2=${n + 2}>>${n + 2}\n#### ${n + 2}`,
        })),
      ),
      'main/test-00000-of-00001.parquet': parquetOf(
        rowsOf((n) => ({ question: `Bob had ${n} pens and sold none.`, answer: `He has them still.\n#### ${n}` })),
      ),
    },
    first: [
      ['Bob had 0 pens and sold none.', '0'],
      ['Bob had 1 pens and sold none.', '1'],
    ],
  },
  math_500: {
    files: {
      'test.jsonl': jsonlOf(
        rowsOf((n) => ({
          problem: `Compute $\\frac{${n}}{7}$.`,
          solution: `It is $\\boxed{\\frac{${n}}{7}}$.`,
          answer: `\\frac{${n}}{7}`,
          subject: 'Prealgebra',
          level: 1 + (n % 5),
          unique_id: `test/prealgebra/${n}.json`,
        })),
      ),
    },
    first: [
      ['Compute $\\frac{0}{7}$.', '\\frac{0}{7}'],
      ['Compute $\\frac{1}{7}$.', '\\frac{1}{7}'],
    ],
  },
  aime_2024: {
    files: {
      'data/train-00000-of-00001.parquet': parquetOf(
        rowsOf((n) => ({
          id: 60 + n,
          problem: `How many integers are below ${n + 1} and not negative?`,
          solution: 'Count them.',
          answer: String(n + 1).padStart(3, '0'),
          url: `https://example.org/${n}`,
          year: '2024',
        })),
      ),
    },
    first: [['How many integers are below 1 and not negative?', '001']],
  },
  aime_2025: {
    files: {
      'test.jsonl': jsonlOf(rowsOf((n) => ({ problem: `Find $${n}^2$.`, answer: String(n * n), id: String(n) }))),
    },
    first: [
      ['Find $0^2$.', '0'],
      ['Find $1^2$.', '1'],
    ],
  },
  amc_2023: {
    files: {
      'test-00000-of-00001.parquet': parquetOf(
        rowsOf((n) => ({
          id: n,
          question: `What is half of ${2 * n}?`,
          answer: `${n}.0`,
          url: `https://example.org/${n}`,
        })),
      ),
    },
    first: [['What is half of 0?', '0.0']],
  },
  minerva: {
    files: {
      'test.jsonl': jsonlOf(
        rowsOf((n) => ({ question: `A mass of ${n} kg rests. Its speed?`, answer: n === 0 ? '0' : `${n - n}` })),
      ),
    },
    first: [['A mass of 0 kg rests. Its speed?', '0']],
  },
  hmmt_2025: {
    files: {
      'data/train-00000-of-00001.parquet': parquetOf(
        rowsOf((n) => ({
          problem_idx: n + 1,
          answer: `\\sqrt{${n}}`,
          problem_type: ['Algebra'],
          problem: `Solve $x^2=${n}$.`,
        })),
      ),
    },
    first: [['Solve $x^2=0$.', '\\sqrt{0}']],
  },
};

/** Minerva in its original layout: worked solutions with boxes. */
export const minervaOriginal = jsonlOf([
  {
    problem: 'A star shines. How bright?',
    solution: 'First $\\boxed{wrong}$ for a moment, then $\\boxed{4.5e33}$ erg/s.',
    type: 'Astronomy',
    idx: 0,
  },
]);

/** Writes each layout into a folder of its plugin's id. */
export function writeLayouts(folder: string): void {
  for (const [id, { files }] of Object.entries(knownLayouts)) {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(folder, id, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
  }
}
