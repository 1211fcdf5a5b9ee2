import { comparisonSentence } from './comparisonSentence.ts';
import { designNotes } from './designNotes.ts';
import { designTable, failedTable, methodTable, notRunTable, splitTable, tuningTable } from './designTables.ts';
import type { ReportTable } from './reportTable.ts';
import type { StudyFigure } from './studyFigures.ts';
import type { PartReport, StudyReport } from './studyReport.ts';
import { escapeMarkdown, markdownTable } from './tableFormats.ts';

/** A study's report in Markdown, its figures beside it in `figures/`. The same report gives the same text. */
export function studyMarkdown(report: StudyReport): string {
  const { results, summary, parts } = report;
  return [
    `# ${escapeMarkdown(results.name)}`,
    '',
    ...(results.description === undefined ? [] : [escapeMarkdown(results.description), '']),
    `Fingerprint of everything that does not depend on the machine: \`${summary.fingerprint}\`.`,
    '',
    ...parts.flatMap(partText),
    '## Learning rates',
    '',
    ...tableText(tuningTable(results)),
    '## Design',
    '',
    ...tableText(designTable(summary)),
    ...designNotes(results, summary).map((line) => `- ${escapeMarkdown(line)}`),
    '',
    ...tableText(splitTable(results)),
    ...tableText(methodTable(results)),
    '## Failed and not run',
    '',
    ...tableText(failedTable(results), 'No trial failed.'),
    ...tableText(notRunTable(results), 'Every trial was run.'),
  ].join('\n');
}

function partText({ summary: { part }, settings, varied }: PartReport): readonly string[] {
  const kind = part.exploratory
    ? [`*Exploratory: ${part.seeds.length} seeds; intervals without correction for how many there are.*`, '']
    : [];
  return [
    `## ${part.exploratory ? 'Exploratory: ' : ''}${escapeMarkdown(part.title ?? part.name)}`,
    '',
    ...kind,
    ...(settings.length === 0 ? ['Nothing of this part has been run.', ''] : []),
    ...varied.flatMap(({ table, figure }) => [...figureText(figure), ...tableText(table)]),
    ...settings.flatMap(({ summary, leaderboard, comparisons, collapse, figures }) => [
      ...tableText(leaderboard),
      ...comparisons.flatMap(({ baseline, table }) => [
        ...tableText(withoutWords(table)),
        ...summary.comparisons
          .filter((comparison) => comparison.baseline === baseline)
          .map(
            (comparison) =>
              `- **${escapeMarkdown(comparison.method)}**: ${escapeMarkdown(comparisonSentence(comparison))}`,
          ),
        '',
      ]),
      ...(collapse === undefined ? [] : tableText(collapse)),
      ...figures.flatMap((figure) => figureText(figure)),
    ]),
  ];
}

function withoutWords({ columns, rows, ...table }: ReportTable): ReportTable {
  const kept = columns.flatMap(({ title }, index) => (title === 'In words' ? [] : [index]));
  return {
    ...table,
    columns: columns.filter((_, index) => kept.includes(index)),
    rows: rows.map((cells) => cells.filter((_, index) => kept.includes(index))),
  };
}

function tableText(table: ReportTable, otherwise?: string): readonly string[] {
  if (table.rows.length === 0) return otherwise === undefined ? [] : [otherwise, ''];
  const note = table.note === undefined ? [] : [escapeMarkdown(table.note), ''];
  return [`**${escapeMarkdown(table.title)}**`, '', markdownTable(table), ...note];
}

function figureText(figure: StudyFigure | undefined): readonly string[] {
  return figure === undefined ? [] : [`![${escapeMarkdown(figure.title)}](figures/${figure.name}.svg)`, ''];
}
