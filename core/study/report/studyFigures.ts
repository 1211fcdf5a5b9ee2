import { lineChart } from '../../report/lineChart.ts';
import type { Markup } from '../../report/html.ts';
import type { Series } from '../../report/series.ts';
import type { StudyResults, TuningArm } from '../studyResults.ts';
import type { Comparison } from './compareMethods.ts';
import { forestPlot } from './forestPlot.ts';
import type { LeaderboardRow } from './leaderboardRow.ts';
import { percentWithInterval, points, pointsBetween } from './points.ts';
import { settingKey } from './settingKey.ts';
import { spectralMeasures } from './spectralMeasures.ts';
import type { PartSummary, SettingSummary } from './studySummary.ts';
import { xyChart } from './xyChart.ts';

/** What a figure shows; it names the group that it stands in. */
export type FigureKind = 'accuracy' | 'difference' | 'parameters' | 'rates' | 'reward' | 'axis' | 'spectra' | 'drift';

/** A drawing with what it says of itself. */
export interface StudyFigure {
  readonly kind: FigureKind;
  /** For its file: letters, digits and dashes. */
  readonly name: string;
  readonly title: string;
  readonly explanation: string;
  readonly drawing: Markup;
  readonly legend: readonly string[];
}

/** A figure's file name from what it shows. */
export function figureName(...words: readonly string[]): string {
  return words
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, '-')
    .replace(/^-+|-+$/gu, '')
    .slice(0, 100);
}

/** The accuracies of all methods at a setting. */
export function accuracyFigure({ part }: PartSummary, { label, rows }: SettingSummary): StudyFigure | undefined {
  const known = rows.filter(({ accuracy }) => accuracy !== undefined);
  if (known.length === 0) return undefined;
  const title = `Accuracy: ${label}`;
  const forest = known.map(({ method, accuracy }) => ({
    label: method,
    value: accuracy?.mean ?? 0,
    ...(accuracy?.interval ?? {}),
    text: accuracy === undefined ? '' : `${percentWithInterval(accuracy)} %`,
    strong: part.baselines.includes(method),
  }));
  return {
    kind: 'accuracy',
    name: figureName(part.name, label, 'accuracy'),
    title,
    explanation: 'Mean over seeds with its 95 % interval for other seeds and problems; baselines in colour.',
    drawing: forestPlot({ title, unit: 'fraction' }, forest),
    legend: [],
  };
}

/** Differences from one baseline at a setting. */
export function differenceFigure(
  { part }: PartSummary,
  { label }: SettingSummary,
  baseline: string,
  comparisons: readonly Comparison[],
): StudyFigure | undefined {
  const known = comparisons
    .filter(({ difference }) => difference !== undefined)
    .toSorted((left, right) => (right.difference?.mean ?? 0) - (left.difference?.mean ?? 0));
  if (known.length === 0) return undefined;
  const title = `Difference from ${baseline}: ${label}`;
  const forest = known.map(({ method, difference, verdict }) => ({
    label: method,
    value: difference?.mean ?? 0,
    ...(difference?.interval ?? {}),
    text:
      difference === undefined
        ? ''
        : `${points(difference.mean)} ${difference.interval === undefined ? '' : pointsBetween(difference.interval)}`,
    strong: verdict === 'different',
  }));
  return {
    kind: 'difference',
    name: figureName(part.name, label, 'against', baseline),
    title,
    explanation:
      'Points, paired by seed and problem, with the 95 % interval of each; in colour what is told apart after Holm’s correction.',
    drawing: forestPlot({ title, unit: 'fraction', mark: 0 }, forest),
    legend: [],
  };
}

/** Accuracy against trainable parameters. */
export function parametersFigure({ part }: PartSummary, { label, rows }: SettingSummary): StudyFigure | undefined {
  const known = rows.flatMap(({ method, accuracy, trainableParameters }) =>
    accuracy === undefined || trainableParameters === undefined
      ? []
      : [{ method, accuracy, parameters: trainableParameters }],
  );
  if (known.length < 2) return undefined;
  const title = `Accuracy against trainable parameters: ${label}`;
  const pointsOf = known.map(({ method, accuracy, parameters }) => ({
    x: parameters,
    y: accuracy.mean,
    ...(accuracy.interval ?? {}),
    label: method,
  }));
  return {
    kind: 'parameters',
    name: figureName(part.name, label, 'parameters'),
    title,
    explanation: 'Mean accuracy with its 95 % interval over the number of trainable parameters.',
    drawing: xyChart({ title, x: { label: 'trainable parameters', logarithmic: true }, unit: 'fraction' }, [
      { label, points: pointsOf, joined: false },
    ]),
    legend: [],
  };
}

/** How a method's learning rate was chosen. */
export function rateFigure(results: StudyResults, arm: TuningArm): StudyFigure {
  const { setting, method, chosen } = arm;
  const many = new Set(results.tuning.map((one) => settingKey(one.setting))).size > 1;
  const where = many ? `, ${[setting.task, ...(results.models.length > 1 ? [setting.model] : [])].join(', ')}` : '';
  const title = `${method}${where}`;
  const known = arm.rates.filter(({ accuracy }) => accuracy !== undefined);
  const mostSteps = arm.rates.reduce((most, { steps }) => Math.max(most, steps), 0);
  const seriesOf = (longest: boolean): readonly { x: number; y: number; mark?: 'ring' | 'open' }[] =>
    known
      .filter(({ steps }) => (steps === mostSteps) === longest)
      .map(({ learningRate, accuracy, extension }) => ({
        x: learningRate,
        y: accuracy ?? 0,
        ...(learningRate === chosen ? { mark: 'ring' as const } : extension ? { mark: 'open' as const } : {}),
      }));
  const failed = arm.rates.length - known.length;
  const notes = [
    chosen === undefined ? 'None could be chosen.' : `Chosen: ${String(chosen)}.`,
    ...(arm.rates.some(({ extension }) => extension) ? ['Open dots were added to the grid.'] : []),
    ...(arm.atEdge === undefined ? [] : [`It is still the ${arm.atEdge === 'low' ? 'lowest' : 'highest'} rate tried.`]),
    ...(failed === 0 ? [] : [`${failed} of ${arm.rates.length} rates failed.`]),
  ];
  const shorter = seriesOf(false);
  return {
    kind: 'rates',
    name: figureName('rates', setting.task, setting.model, method),
    title,
    explanation: notes.join(' '),
    drawing: xyChart(
      {
        title: `Learning rates of ${title}`,
        x: { label: 'learning rate', logarithmic: true },
        unit: 'fraction',
        holds: [0],
      },
      [
        { label: `after ${mostSteps} steps`, points: seriesOf(true), joined: true },
        ...(shorter.length === 0 ? [] : [{ label: 'dropped after fewer steps', points: shorter, joined: false }]),
      ],
    ),
    legend: shorter.length === 0 ? [] : [`after ${mostSteps} steps`, 'dropped after fewer steps'],
  };
}

/** Reward while training, with the range over seeds, beside the baseline's. */
export function curveFigure(
  { part }: PartSummary,
  { label }: SettingSummary,
  row: LeaderboardRow,
  series: readonly Series[],
): StudyFigure | undefined {
  const lastStep = series.flatMap(({ points: own }) => own).reduce((last, { step }) => Math.max(last, step), 0);
  if (series.length === 0 || lastStep === 0) return undefined;
  const title = `${row.method}: reward, ${label}`;
  return {
    kind: 'reward',
    name: figureName(part.name, label, 'reward', row.method),
    title: row.method,
    explanation: `Mean reward while training; the band reaches from the lowest to the highest of ${row.seedsFinished.length} seeds.`,
    drawing: lineChart({ title, explanation: '', unit: 'plain', holds: [0] }, series, lastStep),
    legend: series.length > 1 ? series.map((one) => one.label) : [],
  };
}

/** One figure of the spectra for all methods of a setting. */
export function spectraFigures({ part }: PartSummary, { label, rows }: SettingSummary): readonly StudyFigure[] {
  return spectralMeasures(rows).flatMap(({ name, title, unit, explanation, say }) => {
    const known = rows.flatMap(({ method, spectra }) => {
      const estimate = spectra[name];
      return estimate === undefined ? [] : [{ method, estimate }];
    });
    if (known.length === 0) return [];
    const forest = known.map(({ method, estimate }) => ({
      label: method,
      value: estimate.mean,
      ...(estimate.interval ?? {}),
      text: say(estimate.mean),
      strong: part.baselines.includes(method),
    }));
    return [
      {
        kind: 'spectra' as const,
        name: figureName(part.name, label, 'spectra', name),
        title,
        explanation,
        drawing: forestPlot({ title: `${title}: ${label}`, unit, holds: [0] }, forest),
        legend: [],
      },
    ];
  });
}
