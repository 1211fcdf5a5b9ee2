import { linearAxis, logarithmicAxis, type Axis } from '../../report/axis.ts';
import { formatTick, type Unit } from '../../report/formatValue.ts';
import { html, type Markup } from '../../report/html.ts';

const FRAME = { width: 560, height: 266, left: 54, right: 546, top: 22, bottom: 216, labels: 410 } as const;
const LABEL_HEIGHT = 15;

/** A point, with its interval and how it is marked. */
export interface XyPoint {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
  /** A ring around it: chosen. An open dot: added later. */
  readonly mark?: 'ring' | 'open';
  /** Its name, written at the chart's right edge. */
  readonly label?: string;
}

/** Points of one colour, joined or not. */
export interface XySeries {
  readonly label: string;
  readonly points: readonly XyPoint[];
  readonly joined: boolean;
}

/** How a chart of values over something that is no step is drawn. */
export interface XyLook {
  readonly title: string;
  readonly x: { readonly label: string; readonly logarithmic: boolean };
  readonly unit: Unit;
  readonly holds?: readonly number[];
}

/** Values over a quantity. Points with a label have their names at the right, led to by a line, so that none covers another. */
export function xyChart(look: XyLook, series: readonly XySeries[]): Markup {
  const points = series.flatMap((one) => one.points);
  const labelled = points.filter(({ label }) => label !== undefined);
  const height = Math.max(FRAME.height, FRAME.top + labelled.length * LABEL_HEIGHT + 50);
  const bottom = height - 50;
  const right = labelled.length > 0 ? FRAME.labels : FRAME.right;
  const x = axisOver(
    points.map((point) => point.x),
    look.x.logarithmic,
    { from: FRAME.left, to: right },
  );
  const ys = points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]).concat(look.holds ?? []);
  const y = axisOver(ys, false, { from: bottom, to: FRAME.top });
  return html`<svg class="chart" viewBox="0 0 ${FRAME.width} ${height}" role="img" aria-label="${look.title}">
    ${y.ticks.map((tick) => valueTick(tick, y, right, look.unit))} ${x.ticks.map((tick) => baseTick(tick, x, bottom))}
    <text class="tick" x="${right}" y="${height - 8}" text-anchor="end">${look.x.label}</text>
    ${series.map((one, index) => drawSeries(one, index, x, y)).toReversed()} ${edgeLabels(labelled, x, y, bottom)}
  </svg>`;
}

function axisOver(values: readonly number[], isLogarithmic: boolean, span: { from: number; to: number }): Axis {
  const known = values.filter((value) => Number.isFinite(value) && (!isLogarithmic || value > 0));
  const lowest = known.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const highest = known.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (known.length === 0) return linearAxis(0, 1, span);
  return isLogarithmic ? logarithmicAxis(lowest, highest, span) : linearAxis(lowest, highest, span);
}

function valueTick(tick: number, axis: Axis, right: number, unit: Unit): Markup {
  const y = axis.place(tick) ?? 0;
  return html`<line class="grid" x1="${FRAME.left}" x2="${right}" y1="${places(y)}" y2="${places(y)}" /><text
      class="tick"
      x="${FRAME.left - 7}"
      y="${places(y + 4)}"
      text-anchor="end"
      >${formatTick(tick, unit)}</text
    >`;
}

function baseTick(tick: number, axis: Axis, bottom: number): Markup {
  const x = places(axis.place(tick));
  return html`<line class="mark" x1="${x}" x2="${x}" y1="${bottom}" y2="${bottom + 4}" /><text
      class="tick"
      x="${x}"
      y="${bottom + 16}"
      text-anchor="middle"
      >${formatTick(tick, 'plain')}</text
    >`;
}

function drawSeries({ points, joined }: XySeries, index: number, x: Axis, y: Axis): Markup {
  const colour = `s${index % 6}`;
  const known = points.filter((point) => x.place(point.x) !== undefined && Number.isFinite(point.y));
  const path = known.map((point) => `${places(x.place(point.x))} ${places(y.place(point.y))}`).join('L');
  return html`${joined && known.length > 1 ? html`<path class="line ${colour}" d="M${path}" />` : undefined}${known.map(
    (point) => drawPoint(point, colour, x, y),
  )}`;
}

function drawPoint({ x: valueX, y: valueY, low, high, mark }: XyPoint, colour: string, x: Axis, y: Axis): Markup {
  const [cx, cy] = [places(x.place(valueX)), places(y.place(valueY))];
  const whisker =
    low === undefined || high === undefined
      ? undefined
      : html`<path class="whisker ${colour}" d="M${cx} ${places(y.place(low))}L${cx} ${places(y.place(high))}" />`;
  const ring = mark === 'ring' ? html`<circle class="ring ${colour}" cx="${cx}" cy="${cy}" r="8" />` : undefined;
  return html`${whisker}${ring}<circle
      class="dot ${colour}${mark === 'open' ? ' open' : ''}"
      cx="${cx}"
      cy="${cy}"
      r="4"
    />`;
}

/** Names at the right edge in the order of their points' heights, pushed apart where they would cover each other. */
function edgeLabels(labelled: readonly XyPoint[], x: Axis, y: Axis, bottom: number): readonly Markup[] {
  const wanted = labelled
    .map((point) => ({ point, at: y.place(point.y) ?? 0 }))
    .sort((left, right) => left.at - right.at || left.point.x - right.point.x);
  const heights: number[] = [];
  for (const { at } of wanted) heights.push(Math.max(at, (heights.at(-1) ?? Number.NEGATIVE_INFINITY) + LABEL_HEIGHT));
  const excess = Math.max(0, (heights.at(-1) ?? 0) - bottom);
  let limit = Number.POSITIVE_INFINITY;
  const settled = heights
    .toReversed()
    .map((height) => {
      limit = Math.min(height, limit, bottom + (excess > 0 ? 0 : LABEL_HEIGHT));
      const own = limit;
      limit -= LABEL_HEIGHT;
      return own;
    })
    .toReversed();
  return wanted.map(({ point, at }, index) => {
    const height = settled[index] ?? at;
    const from = (x.place(point.x) ?? 0) + 6;
    return html`<path class="leader" d="M${places(from)} ${places(at)}L${FRAME.labels + 14} ${places(height)}" /><text
        class="tick"
        x="${FRAME.labels + 18}"
        y="${places(height + 4)}"
        >${point.label}</text
      >`;
  });
}

function places(value: number | undefined): string {
  return String(Number((value ?? 0).toFixed(1)));
}
