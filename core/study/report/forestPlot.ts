import { linearAxis, type Axis } from '../../report/axis.ts';
import { formatTick, type Unit } from '../../report/formatValue.ts';
import { html, type Markup } from '../../report/html.ts';

const FRAME = { width: 720, left: 150, right: 520, row: 26, top: 12 } as const;

/** One line of a forest plot. */
export interface ForestRow {
  readonly label: string;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  /** What stands at its right. */
  readonly text: string;
  /** Whether it is set apart: the baseline, or what is told apart from it. */
  readonly strong: boolean;
}

/** How a forest plot is drawn. */
export interface ForestLook {
  readonly title: string;
  readonly unit: Unit;
  /** A value marked across all rows, such as 0 or the baseline's. */
  readonly mark?: number;
  /** Values that the axis always holds. */
  readonly holds?: readonly number[];
}

/** Values with their intervals, one row below the other. */
export function forestPlot(look: ForestLook, rows: readonly ForestRow[]): Markup {
  const bottom = FRAME.top + rows.length * FRAME.row;
  const values = [
    ...rows.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]),
    ...(look.holds ?? []),
    ...(look.mark === undefined ? [] : [look.mark]),
  ].filter(Number.isFinite);
  const axis = linearAxis(
    values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
    values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
    { from: FRAME.left, to: FRAME.right },
    { count: 5 },
  );
  return html`<svg
    class="chart forest"
    viewBox="0 0 ${FRAME.width} ${bottom + 26}"
    role="img"
    aria-label="${look.title}"
  >
    ${axis.ticks.map((tick) => gridLine(tick, axis, bottom, look.unit))}
    ${look.mark === undefined ? undefined : markLine(look.mark, axis, bottom)}
    ${rows.map((row, index) => drawRow(row, index, axis))}
  </svg>`;
}

function gridLine(tick: number, axis: Axis, bottom: number, unit: Unit): Markup {
  const x = places(axis.place(tick));
  return html`<line class="grid" x1="${x}" x2="${x}" y1="${FRAME.top}" y2="${bottom}" /><text
      class="tick"
      x="${x}"
      y="${bottom + 16}"
      text-anchor="middle"
      >${formatTick(tick, unit)}</text
    >`;
}

function markLine(value: number, axis: Axis, bottom: number): Markup {
  const x = places(axis.place(value));
  return html`<line class="zero" x1="${x}" x2="${x}" y1="${FRAME.top}" y2="${bottom}" />`;
}

function drawRow({ label, value, low, high, text, strong }: ForestRow, index: number, axis: Axis): Markup {
  const y = FRAME.top + (index + 0.5) * FRAME.row;
  const colour = strong ? 's0' : 's5';
  const [from, to] = [places(axis.place(low ?? value)), places(axis.place(high ?? value))];
  const whisker =
    low === undefined || high === undefined
      ? undefined
      : html`<path
          class="whisker ${colour}"
          d="M${from} ${y}L${to} ${y}M${from} ${y - 4}L${from} ${y + 4}M${to} ${y - 4}L${to} ${y + 4}"
        />`;
  return html`<text class="forest-label" x="${FRAME.left - 12}" y="${y + 4}" text-anchor="end">${label}</text
    >${whisker}<circle class="dot ${colour}" cx="${places(axis.place(value))}" cy="${y}" r="4.5" /><text
      class="tick"
      x="${FRAME.right + 14}"
      y="${y + 4}"
      >${text}</text
    >`;
}

function places(value: number | undefined): string {
  return String(Number((value ?? 0).toFixed(1)));
}
