import { formatValue } from '../../report/formatValue.ts';
import { html, type Markup } from '../../report/html.ts';
import type { SpectraRecord } from '../spectraRecord.ts';

const FRAME = { width: 640, height: 250, left: 62, right: 632, top: 16, bottom: 208 } as const;

/** Means over layers of two matrices of the same columns, as bars side by side. */
export function binPicture({ layers, matrices }: SpectraRecord): Markup | undefined {
  const names = ['energy/bins_right', 'energy/bins_left'];
  const columns = matrices[names[0] ?? '']?.columns ?? [];
  const means = names.map((name) =>
    columnMeans(layers.flatMap(({ rows }) => (rows[name] === undefined ? [] : [rows[name]]))),
  );
  const largest = Math.max(0, ...means.flat());
  if (largest === 0) return undefined;
  const slot = (FRAME.right - FRAME.left) / columns.length;
  const place = (value: number): number => FRAME.bottom - (value / largest) * (FRAME.bottom - FRAME.top);
  const bar = (value: number, column: number, side: number): Markup =>
    html`<rect
      class="bar s${side}"
      x="${rounded(FRAME.left + column * slot + 4 + side * (slot / 2 - 4))}"
      y="${rounded(place(value))}"
      width="${rounded(slot / 2 - 5)}"
      height="${rounded(FRAME.bottom - place(value))}"
      ><title>${formatValue(value, 'fraction')}</title></rect
    >`;
  return html`<svg
    class="picture"
    viewBox="0 0 ${FRAME.width} ${FRAME.height}"
    role="img"
    aria-label="Share of the update in each tenth of W’s spectrum"
  >
    ${[0, 0.5, 1].map((part) => tick(part * largest, place(part * largest)))}
    ${means.map((values, side) => values.map((value, column) => bar(value, column, side)))}
    ${columns.map(
      (column, index) =>
        html`<text
          class="tick"
          x="${rounded(FRAME.left + (index + 0.5) * slot)}"
          y="${FRAME.bottom + 16}"
          text-anchor="middle"
          >${column.replace(' %', '')}</text
        >`,
    )}
    <text class="tick" x="${FRAME.left}" y="${FRAME.height - 6}">strongest directions of W</text>
    <text class="tick" x="${FRAME.right - slot}" y="${FRAME.height - 6}" text-anchor="end">weakest</text>
  </svg>`;
}

function tick(value: number, y: number): Markup {
  return html`<line class="grid" x1="${FRAME.left}" x2="${FRAME.right}" y1="${rounded(y)}" y2="${rounded(y)}" /><text
      class="tick"
      x="${FRAME.left - 6}"
      y="${rounded(y + 4)}"
      text-anchor="end"
      >${formatValue(value, 'fraction').replace('.0 %', ' %')}</text
    >`;
}

function columnMeans(rows: readonly (readonly number[])[]): number[] {
  return (rows[0] ?? []).map((_, column) => rows.reduce((sum, row) => sum + (row[column] ?? 0), 0) / rows.length);
}

function rounded(value: number): number {
  return Number(value.toFixed(1));
}
