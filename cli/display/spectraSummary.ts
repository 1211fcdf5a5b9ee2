import { formatNumber, formatValue } from '../../core/report/formatValue.ts';
import type { CollapseState, CollapseVerdict } from '../../core/spectra/collapse.ts';
import { summarizeModules } from '../../core/spectra/moduleSummary.ts';
import type { SpectraRecord } from '../../core/spectra/spectraRecord.ts';
import { writeTable } from '../table.ts';
import type { Style, Terminal } from '../terminal.ts';
import { writeLine } from '../terminal.ts';

const share = (value: number): string => formatValue(value, 'fraction');

/** The columns of the table: the number they show, and how. */
const columns: readonly (readonly [title: string, name: string, say: (value: number) => string])[] = [
  ['|dW|/|W|', 'update_size/relative', share],
  ['eff. rank', 'effective_rank/effective', formatNumber],
  ['stable', 'effective_rank/stable', formatNumber],
  ['used', 'effective_rank/used', formatNumber],
  ['half', 'energy/principal_half_right', share],
  ['top k', 'energy/top_right', share],
  ['chance', 'energy/top_chance_right', share],
  ['shift', 'spectrum/shift_top', share],
  ['angle', 'rotation/largest_right', formatNumber],
  ['intruders', 'intruders/left', formatNumber],
];

const tones: Readonly<Record<CollapseState, Style>> = {
  'no-update': 'yellow',
  'off-principal': 'green',
  principal: 'yellow',
  drifting: 'yellow',
  collapsing: 'red',
};

/** Prints the newest spectra by kind of layer, the drift over checkpoints, and the verdict with its evidence and limits. */
export function writeSpectraSummary(
  terminal: Terminal,
  records: readonly SpectraRecord[],
  { state, headline, evidence, limits, thresholds }: CollapseVerdict,
): void {
  const latest = records.at(-1);
  if (latest === undefined) return;
  const { subject, depth } = latest;
  const step = subject.step === undefined ? '' : ` at step ${subject.step}`;
  const method = subject.method === undefined ? '' : ` (${subject.method})`;
  writeLine(terminal, terminal.style('bold', `Spectra of ${subject.name}${step}${method}`));
  writeTable(
    terminal,
    [
      { title: 'module' },
      { title: 'layers', isNumber: true },
      ...columns.map(([title]) => ({ title, isNumber: true })),
    ],
    summarizeModules(latest).map(({ module, layers, means }) => [
      module,
      String(layers),
      ...columns.map(([, name, say]) => (means[name] === undefined ? '' : say(means[name]))),
    ]),
  );
  writeLine(
    terminal,
    terminal.style(
      'dim',
      `Means over layers. half, top k (${depth.top}): share of |dW|² along W’s strongest right directions; angle in rad.`,
    ),
  );
  if (records.length > 1) writeDrift(terminal, records);
  writeLine(terminal);
  writeLine(terminal, terminal.style(tones[state], headline));
  for (const line of evidence) writeLine(terminal, `  ${line}`);
  writeLine(terminal, terminal.style('dim', 'Limits:'));
  for (const line of limits) writeLine(terminal, terminal.style('dim', `  ${line}`));
  for (const { name, value, source } of thresholds) {
    writeLine(terminal, terminal.style('dim', `  Threshold ${formatNumber(value)}, ${name}: ${source}.`));
  }
}

function writeDrift(terminal: Terminal, records: readonly SpectraRecord[]): void {
  writeLine(terminal);
  const titles = columns.map(([title]) => ({ title, isNumber: true }));
  const rows = records.map((record) => {
    const all = summarizeModules(record).at(-1)?.means ?? {};
    const cells = columns.map(([, name, say]) => (all[name] === undefined ? '' : say(all[name])));
    return [String(record.subject.step ?? ''), ...cells];
  });
  writeTable(terminal, [{ title: 'step', isNumber: true }, ...titles], rows);
}
