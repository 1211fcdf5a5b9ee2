import { linearAxis, logarithmicAxis, type Axis } from './axis.ts';
import type { ChartLook } from './chartCatalog.ts';
import { formatTick, type Unit } from './formatValue.ts';
import { html, type Markup } from './html.ts';
import { thinPoints, type Point, type Series } from './series.ts';

/** The drawing's size and the plot's edges in it, in its own units; the page script knows them too. */
export const chartFrame = { width: 560, height: 246, left: 54, right: 546, top: 22, bottom: 216 } as const;

/** A chart's series, drawn over `lastStep` steps. Everything it says stands in the text beside it too, so it is one image. */
export function lineChart(chart: ChartLook, series: readonly Series[], lastStep: number): Markup {
  const { width, height, left, right, top, bottom } = chartFrame;
  const x = linearAxis(0, Math.max(lastStep, 1), { from: left, to: right }, { count: 6, exact: true });
  const scale = byteScale(chart, series);
  const y = valueAxis(chart, series, scale);
  const label = `${chart.title} over steps`;
  return html`<svg
    class="chart"
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-label="${label}"
    data-last-step="${Math.max(lastStep, 1)}"
  >
    ${unitTitle(chart.unit, scale)} ${y.ticks.map((tick) => valueTick(tick, y, chart, scale))}
    ${x.ticks.filter(Number.isInteger).map((tick) => stepTick(tick, x))}
    <text class="tick" x="${right}" y="${height - 4}" text-anchor="end">step</text>
    ${boundLine(chart, y)} ${series.map((one, index) => drawSeries(one, index, x, y)).toReversed()}
    <line class="cursor" x1="0" x2="0" y1="${top}" y2="${bottom}" />
  </svg>`;
}

/** Bytes as people count them, by the largest that is shown; every other unit as it is. */
function byteScale(chart: ChartLook, series: readonly Series[]): number {
  if (chart.unit !== 'bytes') return 1;
  const highest = series.flatMap(({ points }) => points).reduce((most, { value }) => Math.max(most, value || 0), 0);
  return highest >= 4 * 2 ** 30 ? 2 ** 30 : 2 ** 20;
}

/** The unit of the values, where the ticks do not carry it themselves. */
function unitTitle(unit: Unit, scale: number): Markup | undefined {
  const titles: Readonly<Partial<Record<Unit, string>>> = {
    tokens: 'tokens',
    tokensPerSecond: 'tokens/s',
    nats: 'nats',
    bytes: scale === 2 ** 30 ? 'GiB' : 'MiB',
  };
  const title = titles[unit];
  return title === undefined
    ? undefined
    : html`<text class="tick" x="${chartFrame.left - 7}" y="10" text-anchor="end">${title}</text>`;
}

function valueAxis(chart: ChartLook, series: readonly Series[], scale: number): Axis {
  const span = { from: chartFrame.bottom, to: chartFrame.top };
  const points = series.flatMap((one) => one.points);
  const bound = chart.bound === undefined ? [] : [chart.bound.value];
  const values = [
    ...points.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]),
    ...(chart.holds ?? []),
    ...bound,
  ];
  const known = values.filter((value) => Number.isFinite(value) && (chart.scale === undefined || value > 0));
  const lowest = known.reduce((least, value) => Math.min(least, value), Infinity);
  const highest = known.reduce((most, value) => Math.max(most, value), -Infinity);
  if (chart.scale === 'logarithmic') {
    return known.length === 0 ? logarithmicAxis(1e-9, 1, span) : logarithmicAxis(lowest, highest, span);
  }
  const axis = linearAxis(lowest / scale, highest / scale, span);
  return { ticks: axis.ticks.map((tick) => tick * scale), place: (value) => axis.place(value / scale) };
}

function valueTick(tick: number, axis: Axis, chart: ChartLook, scale: number): Markup {
  const y = places(axis.place(tick));
  return html`<line class="grid" x1="${chartFrame.left}" x2="${chartFrame.right}" y1="${y}" y2="${y}" /><text
      class="tick"
      x="${chartFrame.left - 7}"
      y="${places((axis.place(tick) ?? 0) + 4)}"
      text-anchor="end"
      >${formatTick(tick / scale, chart.unit)}</text
    >`;
}

function stepTick(tick: number, axis: Axis): Markup {
  const x = places(axis.place(tick));
  return html`<line class="mark" x1="${x}" x2="${x}" y1="${chartFrame.bottom}" y2="${chartFrame.bottom + 4}" /><text
      class="tick"
      x="${x}"
      y="${chartFrame.bottom + 16}"
      text-anchor="middle"
      >${formatTick(tick, 'plain')}</text
    >`;
}

function boundLine({ bound }: ChartLook, axis: Axis): Markup | undefined {
  const y = bound && axis.place(bound.value);
  return bound && y !== undefined
    ? html`<line
          class="bound"
          x1="${chartFrame.left}"
          x2="${chartFrame.right}"
          y1="${places(y)}"
          y2="${places(y)}"
        /><text class="bound-label" x="${chartFrame.right}" y="${places(y - 4)}" text-anchor="end"
          >${bound.label}</text
        >`
    : undefined;
}

function drawSeries({ points, range }: Series, index: number, x: Axis, y: Axis): Markup {
  const thinned = thinPoints(points);
  const colour = `s${index % 6}`;
  const line = html`<path class="line ${colour}" d="${linePath(thinned, x, y)}" />`;
  const sparse = points.filter(({ value }) => Number.isFinite(value)).length <= 30;
  const dots = sparse ? thinned.map((point) => dot(point, colour, x, y)) : [];
  if (range === 'band') {
    return html`<path class="band ${colour}" d="${bandPath(thinned, x, y)}" />${line}${dots}`;
  }
  return html`${range === 'interval' ? thinned.map((point) => whisker(point, colour, x, y)) : undefined}${line}${dots}`;
}

function linePath(points: readonly Point[], x: Axis, y: Axis): string {
  let command = 'M';
  let path = '';
  for (const { step, value } of points) {
    const place = Number.isFinite(value) ? y.place(value) : undefined;
    if (place === undefined) {
      command = 'M';
    } else {
      path += `${command}${places(x.place(step))} ${places(place)}`;
      command = 'L';
    }
  }
  return path;
}

function bandPath(points: readonly Point[], x: Axis, y: Axis): string {
  const ranged = points.filter(({ low, high }) => low !== undefined && high !== undefined);
  const upper = ranged.map(({ step, high }) => `${places(x.place(step))} ${places(y.place(high ?? 0))}`);
  const lower = ranged.toReversed().map(({ step, low }) => `${places(x.place(step))} ${places(y.place(low ?? 0))}`);
  return ranged.length === 0 ? '' : `M${[...upper, ...lower].join('L')}Z`;
}

function whisker({ step, low, high }: Point, colour: string, x: Axis, y: Axis): Markup | undefined {
  if (low === undefined || high === undefined) {
    return undefined;
  }
  const [at, bottom, top] = [x.place(step) ?? 0, places(y.place(low)), places(y.place(high))];
  const [from, to] = [places(at - 4), places(at + 4)];
  return html`<path
    class="whisker ${colour}"
    d="M${places(at)} ${bottom}L${places(at)} ${top}M${from} ${bottom}L${to} ${bottom}M${from} ${top}L${to} ${top}"
  />`;
}

function dot({ step, value }: Point, colour: string, x: Axis, y: Axis): Markup | undefined {
  const place = Number.isFinite(value) ? y.place(value) : undefined;
  return place === undefined
    ? undefined
    : html`<circle class="dot ${colour}" cx="${places(x.place(step))}" cy="${places(place)}" r="3" />`;
}

/** One decimal is a tenth of a drawing's unit: finer than any screen shows. */
function places(value: number | undefined): string {
  return String(Number((value ?? 0).toFixed(1)));
}
