import { html, type Markup } from './html.ts';

/** The names of a chart's lines, each with a piece of its line. */
export function legend(labels: readonly string[]): Markup {
  return html`<ul class="legend" aria-label="Lines">
    ${labels.map(
      (label, index) =>
        html`<li>
          <svg class="swatch" viewBox="0 0 22 8" aria-hidden="true">
            <path class="line s${index % 6}" d="M1 4L21 4" />
          </svg>
          ${label}
        </li>`,
    )}
  </ul>`;
}
