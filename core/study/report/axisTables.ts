import { stableHash } from '../stableHash.ts';
import { estimateSeeds, type Estimate } from './estimate.ts';
import type { LeaderboardRow } from './leaderboardRow.ts';
import { percentWithInterval, points, pointsBetween } from './points.ts';
import { fillTable, type ReportTable } from './reportTable.ts';
import { axisName, axisValue } from './settingKey.ts';
import { figureName, type StudyFigure } from './studyFigures.ts';
import type { PartSummary } from './studySummary.ts';
import { xyChart, type XySeries } from './xyChart.ts';

/** One quantity that a part varies, with the methods at each of its values, all else being equal. */
export interface VariedQuantity {
  /** Dotted path of an axis, or `model`. */
  readonly path: string;
  readonly title: string;
  /** What is the same. */
  readonly where: string;
  readonly values: readonly VariedValue[];
  readonly methods: readonly VariedMethod[];
}

/** A value of the quantity; numbers can be drawn along an axis. */
export interface VariedValue {
  readonly key: string;
  readonly label: string;
  readonly number?: number;
}

/** A method's rows by the key of the value. */
export interface VariedMethod {
  readonly method: string;
  readonly rows: ReadonlyMap<string, LeaderboardRow>;
}

/** The quantities that a part varies: its axes, and its models where there are several. `sizes`: parameters of the models by name. */
export function variedQuantities(
  { part, settings }: PartSummary,
  sizes: ReadonlyMap<string, number>,
): readonly VariedQuantity[] {
  const rows = settings.flatMap((one) => one.rows);
  const paths = [...Object.keys(part.axes), ...(part.models.length > 1 ? ['model'] : [])];
  return paths
    .flatMap((path) => {
      const valuesOf = path === 'model' ? part.models : (part.axes[path] ?? []);
      const values = valuesOf.map((value): VariedValue => {
        const size = path === 'model' ? sizes.get(String(value)) : typeof value === 'number' ? value : undefined;
        return { key: stableHash(value), label: axisValue(value), ...(size === undefined ? {} : { number: size }) };
      });
      const groups = new Map<string, { where: string; rows: LeaderboardRow[] }>();
      for (const row of rows) {
        const { model, task, axes } = row.setting;
        if (path !== 'model' && axes[path] === undefined) continue;
        const others = Object.entries(axes).filter(([name]) => name !== path);
        const where = [
          task,
          ...(path !== 'model' && part.models.length > 1 ? [model] : []),
          ...others.map(([name, value]) => `${axisName(name)} ${axisValue(value)}`),
        ].join(', ');
        const known = groups.get(where) ?? { where, rows: [] };
        known.rows.push(row);
        groups.set(where, known);
      }
      return [...groups.values()].map(({ where, rows: own }) => ({
        path,
        title: path === 'model' ? 'size of the model' : axisName(path),
        where,
        values,
        methods: part.methods.flatMap((method) => {
          const mine = own.filter((row) => row.method === method);
          const valueOf = ({ setting }: LeaderboardRow): unknown =>
            path === 'model' ? setting.model : setting.axes[path];
          const byValue = new Map(mine.map((row) => [stableHash(valueOf(row)), row]));
          return byValue.size < 2 ? [] : [{ method, rows: byValue }];
        }),
      }));
    })
    .filter(({ methods }) => methods.length > 0);
}

/** A method's difference from its first value, paired by seed. */
export interface VariedChange {
  readonly method: string;
  readonly label: string;
  readonly change: Estimate;
}

interface VariedLine {
  readonly method: string;
  readonly label: string;
  readonly row: LeaderboardRow;
  readonly change: Estimate | undefined;
}

function linesOf({ values, methods }: VariedQuantity): readonly VariedLine[] {
  return methods.flatMap(({ method, rows }) => {
    const first = values.map(({ key }) => rows.get(key)).find((row) => row !== undefined);
    return values.flatMap(({ key, label }) => {
      const row = rows.get(key);
      return row === undefined
        ? []
        : [{ method, label, row, change: row === first ? undefined : seedDifference(first, row) }];
    });
  });
}

/** Differences from the first value, with Student's interval over seeds. */
export function variedChanges(quantity: VariedQuantity): readonly VariedChange[] {
  return linesOf(quantity).flatMap(({ method, label, change }) =>
    change === undefined ? [] : [{ method, label: `${quantity.title} ${label}, ${quantity.where}`, change }],
  );
}

/** Accuracies at each value, one row a method and value, with the difference from the first value, paired by seed. */
export function variedTable(quantity: VariedQuantity): ReportTable {
  const { title, where } = quantity;
  const lines = linesOf(quantity);
  return fillTable(
    `Accuracy by ${title}: ${where}`,
    lines,
    [
      { title: 'Method', align: 'left', text: ({ method }) => method, data: ({ method }) => ({ method }) },
      {
        title: capitalised(title),
        align: 'right',
        text: ({ label }) => label,
        data: ({ label }) => ({ [title]: label }),
      },
      {
        title: 'Accuracy, %',
        align: 'right',
        text: ({ row: { accuracy } }) => (accuracy === undefined ? '–' : percentWithInterval(accuracy)),
        data: () => ({}),
      },
      { title: 'Seeds', align: 'right', text: ({ row }) => String(row.seedsFinished.length), data: () => ({}) },
      {
        title: 'From the first value, points',
        align: 'right',
        text: ({ change }) =>
          change === undefined
            ? ''
            : `${points(change.mean)} ${change.interval === undefined ? '' : pointsBetween(change.interval)}`,
        data: () => ({}),
      },
    ],
    'The difference is paired by seed; its interval is Student’s over seeds, for these problems, not corrected for how many there are.',
  );
}

/** Accuracy over the quantity, where its values are numbers, one line a method. */
export function variedFigure({ part }: PartSummary, quantity: VariedQuantity): StudyFigure | undefined {
  const { title, where, values, methods, path } = quantity;
  const numbers = values.flatMap(({ number }) => number ?? []);
  if (numbers.length < values.length || numbers.length < 2) return undefined;
  const series = methods.map(({ method, rows }): XySeries => ({
    label: method,
    joined: true,
    points: values.flatMap(({ key, number = 0 }, index) => {
      const accuracy = rows.get(key)?.accuracy;
      const isLast = values.slice(index + 1).every((later) => rows.get(later.key)?.accuracy === undefined);
      if (accuracy === undefined) return [];
      const label = isLast && methods.length > 1 ? { label: method } : {};
      return [{ x: number, y: accuracy.mean, ...(accuracy.interval ?? {}), ...label }];
    }),
  }));
  const isWide = Math.min(...numbers) > 0 && Math.max(...numbers) / Math.min(...numbers) > 10;
  const name = path === 'model' ? 'parameters of the model' : title;
  const heading = `Accuracy by ${title}: ${where}`;
  return {
    kind: 'axis',
    name: figureName(part.name, path, where),
    title: heading,
    explanation: 'Mean over seeds with its 95 % interval for other seeds and problems.',
    drawing: xyChart({ title: heading, x: { label: name, logarithmic: isWide }, unit: 'fraction' }, series),
    legend: [],
  };
}

function seedDifference(first: LeaderboardRow | undefined, row: LeaderboardRow): Estimate | undefined {
  if (first?.accuracy === undefined || row.accuracy === undefined) return undefined;
  const before = new Map(first.seedsFinished.map((seed, index) => [seed, first.accuracy?.perSeed[index] ?? 0]));
  const differences = row.seedsFinished.flatMap((seed, index) => {
    const earlier = before.get(seed);
    return earlier === undefined ? [] : [(row.accuracy?.perSeed[index] ?? 0) - earlier];
  });
  return estimateSeeds(differences);
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
