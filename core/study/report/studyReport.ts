import type { StudyResults, TuningArm } from '../studyResults.ts';
import { variedChanges, variedFigure, variedQuantities, variedTable, type VariedChange } from './axisTables.ts';
import { collapseFindings } from './collapse.ts';
import { collapseTable } from './collapseTable.ts';
import { comparisonTable } from './comparisonTable.ts';
import { leaderboardTable } from './leaderboardTable.ts';
import type { ReportTable } from './reportTable.ts';
import { seedSeries } from './rewardSeries.ts';
import {
  accuracyFigure,
  curveFigure,
  differenceFigure,
  parametersFigure,
  rateFigure,
  spectraFigures,
  type StudyFigure,
} from './studyFigures.ts';
import { summarizeStudy, type PartSummary, type SettingSummary, type StudySummary } from './studySummary.ts';
import { indexTrials, type TrialIndex } from './trialIndex.ts';

/** One setting of a part, ready to be drawn. */
export interface SettingReport {
  readonly summary: SettingSummary;
  readonly leaderboard: ReportTable;
  /** One for each baseline. */
  readonly comparisons: readonly { readonly baseline: string; readonly table: ReportTable }[];
  readonly collapse: ReportTable | undefined;
  readonly figures: readonly StudyFigure[];
  readonly curves: readonly StudyFigure[];
  readonly spectra: readonly StudyFigure[];
}

/** A part, ready to be drawn. */
export interface PartReport {
  readonly summary: PartSummary;
  readonly settings: readonly SettingReport[];
  /** Over the values of what it varies. */
  readonly varied: readonly VariedReport[];
}

/** A quantity that a part varies, ready to be drawn. */
export interface VariedReport {
  readonly path: string;
  readonly changes: readonly VariedChange[];
  readonly table: ReportTable;
  readonly figure: StudyFigure | undefined;
}

/** All tables and figures of a study. */
export interface StudyReport {
  readonly results: StudyResults;
  readonly summary: StudySummary;
  readonly parts: readonly PartReport[];
  readonly rates: readonly StudyFigure[];
}

/** Makes a study's tables and figures: headline parts first. The same results give the same report. */
export function reportStudy(results: StudyResults): StudyReport {
  const summary = summarizeStudy(results);
  const index = indexTrials(results);
  const sizes = new Map(
    results.models.flatMap(({ name, parameters }) => (parameters === undefined ? [] : [[name, parameters] as const])),
  );
  const parts = summary.parts.map((part): PartReport => ({
    summary: part,
    settings: part.settings.map((setting) => reportSetting(part, setting, index)),
    varied: variedQuantities(part, sizes).map((quantity) => ({
      path: quantity.path,
      changes: variedChanges(quantity),
      table: variedTable(quantity),
      figure: variedFigure(part, quantity),
    })),
  }));
  const isHeadline = ({ summary: { part } }: PartReport): boolean => !part.exploratory;
  return {
    results,
    summary,
    parts: [...parts.filter(isHeadline), ...parts.filter((part) => !isHeadline(part))],
    rates: results.tuning.filter((arm: TuningArm) => arm.rates.length > 0).map((arm) => rateFigure(results, arm)),
  };
}

function reportSetting(part: PartSummary, setting: SettingSummary, index: TrialIndex): SettingReport {
  const { baselines, name } = part.part;
  const { label, rows, comparisons } = setting;
  const of = (baseline: string): SettingSummary['comparisons'] =>
    comparisons.filter((comparison) => comparison.baseline === baseline);
  const [first = ''] = baselines;
  const findings = collapseFindings(rows, first);
  const baseSeries = seedSeries(first, index.at(name, first, setting.setting), ({ curves }) => curves.reward);
  const curves = rows.flatMap((row) => {
    const own = seedSeries(row.method, index.at(name, row.method, setting.setting), (trial) => trial.curves.reward);
    if (own === undefined) return [];
    const series = row.method === first || baseSeries === undefined ? [own] : [own, baseSeries];
    return curveFigure(part, setting, row, series) ?? [];
  });
  return {
    summary: setting,
    leaderboard: leaderboardTable(`Leaderboard: ${label}`, rows),
    comparisons: baselines.flatMap((baseline) => {
      const own = of(baseline);
      return own.length === 0 ? [] : [{ baseline, table: comparisonTable(`Compared with ${baseline}: ${label}`, own) }];
    }),
    collapse: findings.length < 2 ? undefined : collapseTable(`Collapse: ${label}`, findings),
    figures: [
      accuracyFigure(part, setting),
      ...baselines.map((baseline) => differenceFigure(part, setting, baseline, of(baseline))),
      parametersFigure(part, setting),
    ].filter((figure) => figure !== undefined),
    curves,
    spectra: spectraFigures(part, setting),
  };
}
