import { linearAxis, logarithmicAxis, type Axis } from '../../report/axis.ts';
import { formatNumber, formatTick } from '../../report/formatValue.ts';
import { html, type Markup } from '../../report/html.ts';
import { chartFrame } from '../../report/lineChart.ts';
import type { LayerSpectra } from '../spectraRecord.ts';

type Series = LayerSpectra['series'][number];

/** A logarithmic axis reaches no further below its largest value: what is smaller is rounding. */
const DEEPEST = 1e-9;
const MOST_POINTS = 240;

/** A series of one layer as a chart with its legend and what it ends at in words. */
export function seriesChart(series: Series): Markup {
  const { title, y: look, lines } = series;
  const { width, height, left, right, bottom } = chartFrame;
  const known = lines.filter(({ values }) => values.length > 0);
  const x = linearAxis(
    0,
    Math.max(1, series.x.values.at(-1) ?? 1),
    { from: left, to: right },
    { count: 6, exact: true },
  );
  const y = valueAxis(
    look.scale,
    known.flatMap(({ values }) => values),
  );
  return html`<figure class="card chart-part">
    <figcaption>
      <h3>${title}</h3>
      <p class="explanation">${look.label}${look.unit === '1' ? '' : `, ${look.unit}`}, over ${series.x.label}</p>
    </figcaption>
    <ul class="legend" aria-label="Lines">
      ${known.map(({ label }, index) => html`<li>${swatch(index)} ${label}</li>`)}
    </ul>
    <svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
      ${y.ticks.map((tick) => valueTick(tick, y))} ${x.ticks.filter(Number.isInteger).map((tick) => indexTick(tick, x))}
      ${known.map(({ values }, index) => line(values, series.x.values, index, x, y)).toReversed()}
      <line class="mark" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}" />
    </svg>
    <p class="summary">${known.map(({ label, values }) => summary(label, values)).join(' ')}</p>
  </figure>`;
}

function valueAxis(scale: Series['y']['scale'], values: readonly number[]): Axis {
  const span = { from: chartFrame.bottom, to: chartFrame.top };
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  if (scale === 'linear' || largest === 0) return linearAxis(Math.min(0, ...values), Math.max(largest, 1e-12), span);
  const smallest = values.reduce((least, value) => (value > 0 ? Math.min(least, value) : least), largest);
  return logarithmicAxis(Math.max(smallest, largest * DEEPEST), largest, span);
}

function line(values: readonly number[], at: readonly number[], index: number, x: Axis, y: Axis): Markup {
  const every = Math.max(1, Math.ceil(values.length / MOST_POINTS));
  const points = values.flatMap((value, place) => {
    const [horizontal, vertical] = [x.place(at[place] ?? place), y.place(value)];
    const isShown = place % every === 0 || place === values.length - 1 || place < 16;
    if (!isShown || horizontal === undefined || vertical === undefined) return [];
    return [`${rounded(horizontal)} ${rounded(Math.min(vertical, chartFrame.bottom))}`];
  });
  return points.length === 1
    ? html`<circle class="dot s${index % 6}" cx="${points[0]?.split(' ')[0]}" cy="${points[0]?.split(' ')[1]}" r="3" />`
    : html`<path class="line s${index % 6}" d="M${points.join('L')}" />`;
}

function valueTick(tick: number, axis: Axis): Markup {
  const y = axis.place(tick) ?? 0;
  return html`<line
      class="grid"
      x1="${chartFrame.left}"
      x2="${chartFrame.right}"
      y1="${rounded(y)}"
      y2="${rounded(y)}"
    /><text class="tick" x="${chartFrame.left - 7}" y="${rounded(y + 4)}" text-anchor="end"
      >${formatTick(tick, 'plain')}</text
    >`;
}

function indexTick(tick: number, axis: Axis): Markup {
  const x = rounded(axis.place(tick) ?? 0);
  return html`<text class="tick" x="${x}" y="${chartFrame.bottom + 16}" text-anchor="middle"
    >${formatTick(tick, 'plain')}</text
  >`;
}

function swatch(index: number): Markup {
  return html`<svg class="swatch" viewBox="0 0 22 8" aria-hidden="true">
    <path class="line s${index % 6}" d="M1 4L21 4" />
  </svg>`;
}

function summary(label: string, values: readonly number[]): string {
  const [first = 0, last = 0] = [values[0], values.at(-1)];
  return values.length === 1
    ? `${label}: ${formatNumber(first)}.`
    : `${label}: ${formatNumber(first)} to ${formatNumber(last)} over ${values.length}.`;
}

function rounded(value: number): string {
  return String(Number(value.toFixed(1)));
}
