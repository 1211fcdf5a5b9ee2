import type { MetricsLine } from '../runs/metrics.ts';

/** A value at a step, with its range where it has one. */
export interface Point {
  readonly step: number;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

/** One line of a chart. */
export interface Series {
  readonly label: string;
  /** Steps in order; values are finite or NaN. */
  readonly points: readonly Point[];
  /** What `low` and `high` are: a band around the line, or an interval of each point. */
  readonly range?: 'band' | 'interval';
}

/** Where a series' values come from. */
export interface SeriesSource {
  readonly label: string;
  readonly metric: string;
  /** The metrics of the range's ends, or the metric of its half width. */
  readonly range?:
    | { readonly kind: 'band' | 'interval'; readonly low: string; readonly high: string }
    | { readonly deviation: string };
}

/** The series of a source; undefined where the run has no finite value of it. */
export function readSeries(lines: readonly MetricsLine[], { label, metric, range }: SeriesSource): Series | undefined {
  const points = lines.flatMap(({ step, metrics }): Point[] => {
    const value = metrics[metric];
    if (value === undefined) {
      return [];
    }
    if (range === undefined) {
      return [{ step, value: finite(value) }];
    }
    const [low, high] =
      'deviation' in range
        ? [value - (metrics[range.deviation] ?? Number.NaN), value + (metrics[range.deviation] ?? Number.NaN)]
        : [metrics[range.low] ?? Number.NaN, metrics[range.high] ?? Number.NaN];
    return [
      Number.isFinite(low) && Number.isFinite(high)
        ? { step, value: finite(value), low, high }
        : { step, value: finite(value) },
    ];
  });
  if (!points.some(({ value }) => Number.isFinite(value))) {
    return undefined;
  }
  const kind = range === undefined ? undefined : 'kind' in range ? range.kind : 'band';
  return { label, points, ...(kind === undefined ? {} : { range: kind }) };
}

/**
 * The same line with at most about `most` points: of each stretch of steps those with the lowest and the highest value stay, so
 * that no spike is lost.
 */
export function thinPoints(points: readonly Point[], most = 400): readonly Point[] {
  if (points.length <= most) {
    return points;
  }
  const stretch = Math.ceil((2 * points.length) / most);
  const kept: Point[] = [];
  for (let start = 0; start < points.length; start += stretch) {
    const part = points.slice(start, start + stretch);
    kept.push(...extremes(part));
  }
  const last = points.at(-1);
  return last === undefined || kept.at(-1) === last ? kept : [...kept, last];
}

/** The points with the lowest and the highest value, in order; one where they are the same, or where no value is finite. */
function extremes(points: readonly Point[]): readonly Point[] {
  const known = points
    .filter(({ value }) => Number.isFinite(value))
    .toSorted((left, right) => left.value - right.value);
  const chosen = known.length === 0 ? points.slice(0, 1) : [known[0], known.at(-1)];
  return points.filter((point) => chosen.includes(point));
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}
