import type { ChartLook } from './chartCatalog.ts';
import { formatCount, formatValue, type Unit } from './formatValue.ts';
import { html, type Markup } from './html.ts';
import { legend } from './legend.ts';
import { lineChart } from './lineChart.ts';
import type { Point, Series } from './series.ts';

const MOST_ROWS = 200;
const AVERAGED = 5;

/** A chart with its legend, a summary in words and its values as a table. */
export function chartFigure(chart: ChartLook, series: readonly Series[], lastStep: number): Markup {
  const [first] = series;
  const last = first && lastKnown(first.points);
  return html`<figure class="card chart-card">
    <figcaption>
      <h3>${chart.title}</h3>
      ${last && html`<p class="now"><span class="visually-hidden">Last value: </span>${formatValue(last.value, chart.unit)}</p>`}
      <p class="explanation">${chart.explanation}</p>
    </figcaption>
    ${series.length > 1 ? legend(series.map(({ label }) => label)) : undefined}
    <div class="plot">${lineChart(chart, series, lastStep)}<output class="tip" hidden></output></div>
    <p class="summary">${series.map((one) => summarise(one, chart.unit, series.length > 1)).join(' ')}</p>
    ${valueTable(chart, series)}
  </figure>`;
}

/** A series in words: where it began, where it ended, and its extremes. */
export function summarise({ label, points }: Series, unit: Unit, named: boolean): string {
  const known = points.filter(({ value }) => Number.isFinite(value));
  const missing = points.length - known.length;
  const name = named ? `${label}: ` : '';
  const note = missing === 0 ? '' : ` Not a finite number at ${missing} of ${points.length} steps.`;
  const [first] = known;
  const last = known.at(-1);
  if (first === undefined || last === undefined) {
    return `${name}no values.${note}`;
  }
  const say = (value: number): string => formatValue(value, unit);
  if (known.length === 1) {
    return `${name}${say(first.value)} at step ${first.step}.${note}`;
  }
  if (known.length < 4 * AVERAGED) {
    return `${name}${say(first.value)} at step ${first.step}, ${say(last.value)} at step ${last.step}.${note}`;
  }
  const [begin, end] = [meanOf(known.slice(0, AVERAGED)), meanOf(known.slice(-AVERAGED))];
  const lowest = known.reduce((least, point) => (point.value < least.value ? point : least), first);
  const highest = known.reduce((most, point) => (point.value > most.value ? point : most), first);
  const extremes =
    lowest.value === highest.value
      ? ''
      : `; lowest ${say(lowest.value)} (step ${lowest.step}), highest ${say(highest.value)} (step ${highest.step})`;
  const ends = `${say(begin)} in the first ${AVERAGED} steps, ${say(end)} in the last ${AVERAGED}`;
  return `${name}${ends}${extremes}.${note}`;
}

function valueTable(chart: ChartLook, series: readonly Series[]): Markup {
  const steps = [...new Set(series.flatMap(({ points }) => points.map(({ step }) => step)))].sort((a, b) => a - b);
  const every = Math.ceil(steps.length / MOST_ROWS);
  const shown = steps.filter((_, index) => index % every === 0 || index === steps.length - 1);
  const byStep = series.map(({ points }) => new Map(points.map((point) => [point.step, point])));
  const note =
    every > 1
      ? html`<p class="note">${formatCount(shown.length)} of ${formatCount(steps.length)} steps.</p>`
      : undefined;
  return html`<details class="values">
    <summary>Table</summary>
    ${note}
    <div class="scroll" tabindex="0" role="region" aria-label="${chart.title}: values">
      <table>
        <thead>
          <tr>
            <th scope="col">Step</th>
            ${series.map(({ label }) => html`<th scope="col">${label}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            (step) =>
              html`<tr>
                <th scope="row">${step}</th>
                ${byStep.map((points) => html`<td>${cellText(points.get(step), chart.unit)}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

function cellText(point: Point | undefined, unit: Unit): string {
  if (point === undefined) {
    return '';
  }
  const { value, low, high } = point;
  const range =
    low === undefined || high === undefined ? '' : ` (${formatValue(low, unit)} to ${formatValue(high, unit)})`;
  return formatValue(value, unit) + range;
}

function lastKnown(points: readonly Point[]): Point | undefined {
  return points.findLast(({ value }) => Number.isFinite(value));
}

function meanOf(points: readonly Point[]): number {
  return points.reduce((sum, { value }) => sum + value, 0) / points.length;
}
