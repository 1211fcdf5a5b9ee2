import type { Machine } from '../shared/machine.ts';
import { pairwiseRatios, spreadOf, type Spread } from '../trl/statistics.ts';
import { benchShape } from './benchRun.ts';
import type { OperatorShare } from './operatorShares.ts';
import { operations, type Product } from './products.ts';

/** Everything that a run of the benchmark measured. */
export interface EngineResult {
  readonly machine: Machine;
  readonly command: string;
  readonly threads: number;
  readonly repetitions: number;
  /** Seconds of each repetition, by what was timed. */
  readonly seconds: Readonly<Record<string, readonly number[]>>;
  readonly shares: Readonly<Record<string, readonly OperatorShare[]>>;
}

/** Products by what they are timed in. */
export type ProductsOf = Readonly<Record<'sgemm' | 'step' | 'decode', readonly Product[]>>;

const wantedShare = 0.6;
const shownOperators = 14;

/** The Markdown tables: times, the share of the products, and the operators. */
export function renderEngine(result: EngineResult, products: ProductsOf): string {
  const { machine, command, threads, repetitions } = result;
  const { completions, completionTokens, prompts, promptTokens, rank } = benchShape;
  return [
    `${machine.date.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; \`${command}\`; ` +
      `${threads} threads, median (least to most) of ${repetitions} repetitions.`,
    '',
    `Qwen2 of 1.59 M parameters, d 192, 4 layers; ${completions} completions of ${completionTokens} tokens, ` +
      `${prompts} prompts of ${promptTokens} tokens; LoRA r ${rank} on seven modules. ` +
      '"Products alone" are the products of matrices of the work (base and adapter, their input gradients and the adapter\'s own ' +
      'gradients, attention, output head), without padding, and nothing else, in one ONNX graph.',
    '',
    ...timesTable(result, products),
    '',
    shareNote(result),
    ...Object.entries(result.shares).flatMap(([name, shares]) => ['', ...operatorTable(name, shares)]),
  ].join('\n');
}

function timesTable({ seconds }: EngineResult, { sgemm, step, decode }: ProductsOf): string[] {
  const rows: readonly (readonly [string, string, readonly Product[]])[] = [
    ['sgemm', 'sgemm 512 x 512 x 512, ten times', sgemm],
    ['eager sgemm', 'the same in tfjs-node, eager', sgemm],
    ['step products', 'training step, its products alone', step],
    ['eager step products', 'the same products in tfjs-node, eager', step],
    ['step', 'training step', step],
    ['decode products', 'rollout, its products alone', decode],
    ['decode', 'rollout', decode],
  ];
  const tokens = benchShape.completions * benchShape.completionTokens;
  return [
    '| | ms | GFLOP/s | tok/s |',
    '| --- | ---: | ---: | ---: |',
    ...rows.flatMap(([key, title, products]) => {
      const measured = seconds[key];
      if (measured === undefined) return [];
      const speed = spreadOf(measured.map((time) => operations(products) / time / 1e9));
      const sampled = spreadOf(measured.map((time) => tokens / time));
      const cells = [
        title,
        format(spreadOf(measured.map((time) => time * 1000)), 1),
        format(speed),
        products === decode ? format(sampled) : '',
      ];
      return [`| ${cells.join(' | ')} |`];
    }),
  ];
}

function shareNote({ seconds }: EngineResult): string {
  const ratios = pairwiseRatios(seconds['step products'] ?? [], seconds['step'] ?? []).map((ratio) => ratio * 100);
  return (
    `The products of the training step, run alone, take **${format(spreadOf(ratios))} %** of the step's time ` +
    `(wanted: at least ${wantedShare * 100} %).`
  );
}

function operatorTable(name: string, shares: readonly OperatorShare[]): string[] {
  const rest = shares.slice(shownOperators);
  const sum = (value: (share: OperatorShare) => number): number =>
    rest.reduce((total, share) => total + value(share), 0);
  const others: OperatorShare = {
    operator: `${rest.length} others`,
    share: sum(({ share }) => share),
    milliseconds: sum(({ milliseconds }) => milliseconds),
    nodes: sum(({ nodes }) => nodes),
  };
  return [
    `| ${name}: operator | share | ms | nodes run |`,
    '| --- | ---: | ---: | ---: |',
    ...[...shares.slice(0, shownOperators), ...(rest.length > 0 ? [others] : [])].map(
      ({ operator, share, milliseconds, nodes }) =>
        `| ${operator} | ${(share * 100).toFixed(1)} % | ${milliseconds.toFixed(1)} | ${nodes.toFixed(0)} |`,
    ),
  ];
}

function format({ median, min, max }: Spread, digits = 0): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
}
