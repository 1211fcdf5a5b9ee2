import type { Machine } from '../shared/machine.ts';
import { pairwiseRatios, spreadOf, type Spread } from '../trl/statistics.ts';

/** What is compared: how much longer than LAPACK it may take, and what it is called. */
export const kinds = {
  values: { title: 'singular values', limit: 3 },
  top: { title: 'top 64 with vectors', limit: 3 },
  shorter: { title: 'all, vectors of the shorter side', limit: 8 },
  full: { title: 'full thin SVD', limit: 8 },
} as const;

/** A name of `kinds`. */
export type Kind = keyof typeof kinds;

/** One kind of decomposition of one matrix, in every repetition. */
export interface LinalgFigure {
  readonly rows: number;
  readonly columns: number;
  readonly kind: Kind;
  /** Seconds of each repetition. */
  readonly ours: readonly number[];
  readonly lapack: readonly number[];
  /** Largest difference of singular values, relative to the largest one. */
  readonly difference: number;
}

/** Everything that a run of the benchmark measured. */
export interface LinalgResult {
  readonly machine: Machine;
  readonly command: string;
  readonly threads: number;
  readonly repetitions: number;
  readonly figures: readonly LinalgFigure[];
}

/** The Markdown table. */
export function renderLinalg({ machine, command, threads, repetitions, figures }: LinalgResult): string {
  return [
    `${machine.date.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; \`${command}\`; ` +
      `${threads} threads a side, median (least to most) of ${repetitions} repetitions.`,
    '',
    'Singular value decompositions in float64 of matrices of normal random numbers, in worker threads, from the call to the answer in ' +
      "the caller's memory, beside numpy's (LAPACK's dgesdd). numpy finds all vectors or none: its full thin SVD is what the top 64 and " +
      'one side alone are compared with. Here **below** the limit is good.',
    '',
    '| matrix | what | ours (ms) | LAPACK (ms) | ours / LAPACK | at most | values differ by |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
    ...figures.map(row),
  ].join('\n');
}

function row({ rows, columns, kind, ours, lapack, difference }: LinalgFigure): string {
  const { title, limit } = kinds[kind];
  const inMilliseconds = (seconds: readonly number[]): string => format(spreadOf(seconds.map((time) => time * 1000)));
  const ratio = spreadOf(pairwiseRatios(ours, lapack));
  const cells = [
    `${rows} x ${columns}`,
    title,
    inMilliseconds(ours),
    inMilliseconds(lapack),
    `**${ratio.median.toFixed(2)}** (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)})`,
    String(limit),
    difference.toExponential(1),
  ];
  return `| ${cells.join(' | ')} |`;
}

function format({ median, min, max }: Spread): string {
  const digits = median < 100 ? 1 : 0;
  return `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
}
