import { html, type Markup } from './html.ts';

/** Figures with their names, as a row of cards. */
export function tiles(figures: readonly (readonly [name: string, value: string])[]): Markup {
  return html`<dl class="tiles">
    ${figures.map(
      ([name, value]) =>
        html`<div class="card">
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}
