import { createHash } from 'node:crypto';
import { html, trustedMarkup, type Markup } from './html.ts';

/** A part of a page under a heading of its own; the navigation names it. */
export interface PageSection {
  readonly id: string;
  readonly title: string;
  readonly content: Markup;
}

/** What a page holds. `style` and `script` are this project's own text. */
export interface PageContent {
  readonly title: string;
  readonly head: Markup;
  readonly sections: readonly PageSection[];
  readonly style: string;
  readonly script: string;
}

/**
 * One HTML page that needs nothing else: no network, no fonts, no other file. Its content security policy lets only its own style and
 * script run; all inserted text is escaped.
 */
export function htmlPage({ title, head, sections, style, script }: PageContent): string {
  const page = html`${trustedMarkup('<!doctype html>')}
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${contentPolicy(style, script)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${element('style', style)}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the result</a>
        <nav aria-label="Sections">
          <div>${sections.map(({ id, title: name }) => html`<a href="#${id}">${name}</a>`)}</div>
        </nav>
        <main id="main">
          ${head}
          ${sections.map(
            ({ id, title: name, content }) =>
              html`<section class="part" aria-labelledby="${id}">
                <h2 id="${id}">${name}</h2>
                ${content}
              </section> `,
          )}
        </main>
        ${element('script', script)}
      </body>
    </html> `;
  return page.text;
}

/** An element of exactly this content: the page's policy names its hash, in which a space more would count. */
function element(name: 'style' | 'script', content: string): Markup {
  return trustedMarkup(`<${name}>${content}</${name}>`);
}

function contentPolicy(style: string, script: string): string {
  const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    `script-src ${hashOf(script)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}
