import { formatValue } from '../../report/formatValue.ts';
import { html, type Markup } from '../../report/html.ts';
import type { SpectraRecord } from '../spectraRecord.ts';

const LABELS = 250;
const CELL = 56;
const GAP = 1.5;
/** With more rows than these a cell is too low for a number in it. */
const MOST_WRITTEN = 64;

/** A matrix of all layers as a picture: one row a layer, the darker the larger. */
export function heatMap({ layers, matrices }: SpectraRecord, name: string): Markup | undefined {
  const measure = matrices[name];
  const rows = layers.flatMap((layer) => (layer.rows[name] === undefined ? [] : [{ layer, values: layer.rows[name] }]));
  if (measure === undefined || rows.length === 0) return undefined;
  const isWritten = rows.length <= MOST_WRITTEN;
  const height = isWritten ? 22 : 9;
  const largest = rows.reduce((most, { values }) => Math.max(most, ...values), 0) || 1;
  const width = LABELS + measure.columns.length * CELL;
  return html`<figure class="card chart-part">
    <figcaption>
      <h3>${capitalised(measure.title)}</h3>
      <p class="explanation">${measure.explanation} Darkest: ${say(largest, measure.unit)}.</p>
    </figcaption>
    <div class="scroll" tabindex="0" role="region" aria-label="${measure.title}">
      <svg
        class="heat"
        viewBox="0 0 ${width} ${24 + rows.length * height}"
        role="img"
        aria-label="${measure.title} by layer"
      >
        ${measure.columns.map(
          (column, index) =>
            html`<text class="tick" x="${LABELS + (index + 0.5) * CELL}" y="14" text-anchor="middle">${column}</text>`,
        )}
        ${rows.map(({ layer, values }, row) => {
          const y = 24 + row * height;
          const label =
            isWritten || layer.module !== rows[row - 1]?.layer.module || layer.block !== rows[row - 1]?.layer.block
              ? html`<text class="tick" x="${LABELS - 8}" y="${y + height / 2 + 4}" text-anchor="end"
                  >${shortName(layer.name)}</text
                >`
              : undefined;
          return html`${isWritten || row % 2 === 0 ? label : undefined}${values.map((value, column) =>
            cell(value, largest, { x: LABELS + column * CELL, y, height, isWritten }, measure.unit),
          )}`;
        })}
      </svg>
    </div>
  </figure>`;
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly height: number;
  readonly isWritten: boolean;
}

function cell(value: number, largest: number, { x, y, height, isWritten }: Place, unit: string): Markup {
  const strength = Math.max(0, value) / largest;
  const text = say(value, unit);
  return html`<rect
      class="cell"
      x="${x}"
      y="${y}"
      width="${CELL - GAP}"
      height="${height - GAP}"
      fill-opacity="${Number((0.04 + 0.96 * strength).toFixed(3))}"
      ><title>${text}</title></rect
    >${
      isWritten
        ? html`<text
            class="cell-text${strength > 0.55 ? ' on-dark' : ''}"
            x="${x + CELL / 2}"
            y="${y + height / 2 + 3.5}"
            text-anchor="middle"
            >${text.replace(' %', '')}</text
          >`
        : undefined
    }`;
}

function say(value: number, unit: string): string {
  return formatValue(value, unit === 'share' ? 'fraction' : 'plain');
}

/** A layer's name without what all layers' names begin with. */
export function shortName(name: string): string {
  return name.replace(/^model\.(?:layers\.)?/, '');
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
