import type { BenchmarkResult, RunRecord } from '../runs/runRecord.ts';
import { formatCount, formatNumber, formatValue } from './formatValue.ts';
import { html, type Markup } from './html.ts';

interface Row {
  readonly name: string;
  readonly before: BenchmarkResult | undefined;
  readonly after: BenchmarkResult | undefined;
}

/** Accuracy of every set of problems that was evaluated, before and after, with intervals. */
export function accuracySection({ evaluation, experiment }: RunRecord): Markup {
  const { before, after } = evaluation;
  const others = (kind: 'watched' | 'benchmarks'): readonly string[] => [
    ...new Set([...Object.keys(before?.[kind] ?? {}), ...Object.keys(after?.[kind] ?? {})]),
  ];
  const trained = (experiment.data.evaluate ?? experiment.data.train).type;
  const rows: readonly Row[] = [
    { name: `${trained} (like the data trained on)`, before, after },
    ...others('watched').map((name) => ({
      name: `${name} (not trained on)`,
      before: before?.watched?.[name],
      after: after?.watched?.[name],
    })),
    ...others('benchmarks').map((name) => ({
      name,
      before: before?.benchmarks?.[name],
      after: after?.benchmarks?.[name],
    })),
  ];
  const known = rows.filter((row) => row.before !== undefined || row.after !== undefined);
  if (known.length === 0) return html`<p class="note">Nothing has been evaluated yet.</p>`;
  return html`<div class="card table-wide">
    <table>
      <caption class="note">
        avg@k is the mean over problems of the share of right completions, pass@k the chance that one of k is right
        (unbiased); 95 % intervals over problems. KL is that of the policy after training from the base, in nats a
        token.
      </caption>
      <thead>
        <tr>
          ${['Problems', 'Evaluated', 'Before', 'After', 'pass@k before', 'pass@k after', 'KL'].map(
            (title) => html`<th scope="col">${title}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${known.map(tableRow)}
      </tbody>
    </table>
  </div>`;
}

function tableRow({ name, before, after }: Row): Markup {
  const { problems = 0, samples = 1 } = after ?? before ?? {};
  const cells = [
    `${formatCount(problems)} × ${formatCount(samples)}`,
    average(before),
    average(after),
    pass(before),
    pass(after),
    after?.kl === undefined ? '–' : formatNumber(after.kl.perToken),
  ];
  return html`<tr>
    <th scope="row">${name}</th>
    ${cells.map((text) => html`<td>${text}</td>`)}
  </tr>`;
}

function average(result: BenchmarkResult | undefined): string {
  if (result === undefined) return '–';
  return `avg@${result.samples ?? 1} ${share(result.accuracy, result)}`;
}

/** Of all samples, where there is more than one. */
function pass(result: BenchmarkResult | undefined): string {
  const most = Math.max(1, ...Object.keys(result?.passAtK ?? {}).map(Number));
  const value = result?.passAtK?.[String(most)];
  if (value === undefined || most === 1) return '–';
  return `pass@${most} ${share(value, result?.passIntervals?.[String(most)])}`;
}

function share(value: number, interval: { readonly low: number; readonly high: number } | undefined): string {
  const text = formatValue(value, 'fraction');
  return interval === undefined
    ? text
    : `${text} (${(100 * interval.low).toFixed(1)} to ${(100 * interval.high).toFixed(1)})`;
}
