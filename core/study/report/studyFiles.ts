import type { StudyResults } from '../studyResults.ts';
import { spectraRows } from './spectraRows.ts';
import type { TableCell } from './reportTable.ts';
import { studyMarkdown } from './studyMarkdown.ts';
import { studyPage } from './studyPage.ts';
import { reportStudy, type PartReport, type SettingReport, type StudyReport } from './studyReport.ts';
import { svgFile } from './svgFile.ts';
import { csvFile, latexTable } from './tableFormats.ts';

/** A file of a study's report, by its path below the report's folder. */
export interface StudyFile {
  readonly name: string;
  readonly content: string;
}

/** All files of a study's report: leaderboard in five formats, comparisons and spectra as CSV, figures. Same results, same bytes. */
export function studyFiles(results: StudyResults): readonly StudyFile[] {
  const report = reportStudy(results);
  const settings = report.parts.flatMap((part) => part.settings.map((setting) => ({ part, setting })));
  const figures = [
    ...report.parts.flatMap(({ varied }) => varied.flatMap(({ figure }) => figure ?? [])),
    ...settings.flatMap(({ setting }) => [...setting.figures, ...setting.curves, ...setting.spectra]),
    ...report.rates,
  ];
  const csv = (tablesOf: (setting: SettingReport) => readonly { rows: readonly (readonly TableCell[])[] }[]): string =>
    csvFile(
      settings.flatMap(({ part, setting }) =>
        tablesOf(setting).map((table) => ({ lead: placeOf(part, setting), rows: table.rows })),
      ),
    );
  return [
    { name: 'leaderboard.html', content: studyPage(report) },
    { name: 'leaderboard.md', content: studyMarkdown(report) },
    { name: 'leaderboard.csv', content: csv(({ leaderboard }) => [leaderboard]) },
    { name: 'comparisons.csv', content: csv(({ comparisons }) => comparisons.map(({ table }) => table)) },
    { name: 'spectra.csv', content: csv(({ summary }) => [{ rows: spectraRows(summary.rows) }]) },
    { name: 'leaderboard.tex', content: latexFile(report) },
    { name: 'leaderboard.json', content: `${JSON.stringify(report.summary, undefined, 1)}\n` },
    ...figures.map(({ name, drawing }) => ({ name: `figures/${name}.svg`, content: svgFile(drawing) })),
  ];
}

function placeOf({ summary: { part } }: PartReport, { summary: { setting } }: SettingReport): TableCell['data'] {
  return {
    part: part.name,
    kind: part.exploratory ? 'exploratory' : 'headline',
    task: setting.task,
    model: setting.model,
    axes: Object.keys(setting.axes).length === 0 ? '' : JSON.stringify(setting.axes),
  };
}

function latexFile({ parts, results }: StudyReport): string {
  const tables = parts.flatMap(({ summary: { part }, settings, varied }) => [
    ...varied.map(({ table }, index) => latexTable(table, `tab:${part.name}-varied-${index + 1}`)),
    ...settings.flatMap(({ leaderboard, comparisons }, index) => [
      latexTable(leaderboard, `tab:${part.name}-${index + 1}`),
      ...comparisons.map(({ table, baseline }) => latexTable(table, `tab:${part.name}-${index + 1}-${baseline}`)),
    ]),
  ]);
  const head = `% ${results.name.replace(/[\r\n]+/gu, ' ')}: tables of its leaderboard. Needs \\usepackage{booktabs}.\n`;
  return [head, ...tables].join('\n');
}
