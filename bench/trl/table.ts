import type { Measurement } from './measurement.ts';
import type { Quantity } from './quantities.ts';
import type { Spread } from './statistics.ts';
import { pairwiseRatios, spreadOf } from './statistics.ts';

/** The columns of the comparison; the first is this project, the second what it is compared with. */
export const sides = ['ours', 'TRL float32', 'TRL bfloat16'] as const;
/** One of the compared programs. */
export type Side = (typeof sides)[number];

/** All repetitions of one setting; a side that was not asked for has none. */
export interface SettingResult {
  readonly setting: string;
  readonly description: string;
  readonly quantities: readonly Quantity[];
  readonly measurements: Readonly<Record<Side, readonly Measurement[]>>;
}

/** The Markdown tables, one for each setting: median (least to most) over the repetitions. */
export function renderResults(results: readonly SettingResult[]): string {
  return results.map(renderSetting).join('\n\n');
}

function renderSetting({ setting, description, quantities, measurements }: SettingResult): string {
  const shown = sides.filter((side) => measurements[side].length > 0);
  const withRatio = measurements.ours.length > 0 && measurements['TRL float32'].length > 0;
  const header = ['', ...shown, ...(withRatio ? ['ratio to TRL float32'] : [])];
  const rows = quantities.map((quantity) => {
    const values = shown.map((side) =>
      formatSpread(spreadOf(measurements[side].map((run) => quantity.of(run))), quantity.unit),
    );
    const ratio = withRatio ? [formatRatio(quantity, measurements.ours, measurements['TRL float32'])] : [];
    return [`${quantity.title} (${quantity.unit})`, ...values, ...ratio];
  });
  const lines = [header, header.map((_, column) => (column === 0 ? '---' : '---:')), ...rows];
  const accuracy = shown.flatMap((side) => accuracyNote(side, measurements[side]));
  return [
    `**${setting}**: ${description}`,
    '',
    ...lines.map((cells) => `| ${cells.join(' | ')} |`),
    ...(accuracy.length > 0 ? ['', `Held-out accuracy before and after: ${accuracy.join('; ')}.`] : []),
  ].join('\n');
}

function formatRatio(quantity: Quantity, ours: readonly Measurement[], theirs: readonly Measurement[]): string {
  const [our, their] = [ours.map((run) => quantity.of(run)), theirs.map((run) => quantity.of(run))];
  const ratios = quantity.better === 'less' ? pairwiseRatios(their, our) : pairwiseRatios(our, their);
  const { median, min, max } = spreadOf(ratios);
  return `**${median.toFixed(2)} x** (${min.toFixed(2)} to ${max.toFixed(2)})`;
}

function formatSpread({ median, min, max }: Spread, unit: Quantity['unit']): string {
  const digits = unit === 's' ? 2 : 0;
  return `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
}

function accuracyNote(side: Side, runs: readonly Measurement[]): string[] {
  const measured = runs.flatMap(({ accuracy }) => (accuracy === undefined ? [] : [accuracy]));
  if (measured.length === 0) return [];
  const at = (index: number): string =>
    spreadOf(measured.map((values) => values[index] ?? Number.NaN)).median.toFixed(3);
  return [`${side} ${at(0)} to ${at(1)}`];
}
