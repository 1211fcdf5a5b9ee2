import { createHash } from 'node:crypto';
import { chartCatalog, type ChartSection } from './chartCatalog.ts';
import { chartFigure } from './chartFigure.ts';
import { completionsSection } from './completionsSection.ts';
import { html, trustedMarkup, type Markup } from './html.ts';
import { overview } from './overview.ts';
import type { ReportData } from './reportData.ts';
import { reportScript } from './reportScript.ts';
import { reportStyle } from './reportStyle.ts';
import { readSeries } from './series.ts';
import { checksSection, configurationSection, environmentSection } from './settingsSection.ts';

/**
 * A run's report as one HTML page that needs nothing else: no network, no fonts, no other file. Its content security policy lets
 * only its own style and script run; all text of the run is escaped. The same data give the same page.
 */
export function renderReport(data: ReportData): string {
  const sections: readonly (readonly [id: string, title: string, content: Markup])[] = [
    ['learning', 'Learning', charts(data, 'learning')],
    ['policy', 'Policy', charts(data, 'policy')],
    ['cost', 'Speed and memory', charts(data, 'cost')],
    ['completions', 'Completions', completionsSection(data.completions)],
    ['checks', 'Integrity checks', checksSection(data.run)],
    ['configuration', 'Configuration', configurationSection(data.run)],
    ['environment', 'Environment', environmentSection(data.run)],
  ];
  const page = html`${trustedMarkup('<!doctype html>')}
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${contentPolicy()}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${data.run.experiment.name}: RLVR Lab report</title>
        ${element('style', reportStyle)}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the result</a>
        <nav aria-label="Sections">
          <div>${sections.map(([id, title]) => html`<a href="#${id}">${title}</a>`)}</div>
        </nav>
        <main id="main">
          ${overview(data)}
          ${sections.map(
            ([id, title, content]) =>
              html`<section class="part" aria-labelledby="${id}">
                <h2 id="${id}">${title}</h2>
                ${content}
              </section> `,
          )}
        </main>
        ${element('script', reportScript)}
      </body>
    </html> `;
  return page.text;
}

function charts({ metrics, gapBound }: ReportData, wanted: ChartSection): Markup {
  const lastStep = metrics.reduce((last, { step }) => Math.max(last, step), 0);
  const figures = chartCatalog(metrics, gapBound).flatMap((chart) => {
    const series = chart.section === wanted ? chart.sources.flatMap((source) => readSeries(metrics, source) ?? []) : [];
    return series.length === 0 ? [] : [chartFigure(chart, series, lastStep)];
  });
  return figures.length === 0
    ? html`<p class="note">Nothing has been measured yet.</p>`
    : html`<div class="charts">${figures}</div>`;
}

/** An element of exactly this content: the page's policy names its hash, in which a space more would count. */
function element(name: 'style' | 'script', content: string): Markup {
  return trustedMarkup(`<${name}>${content}</${name}>`);
}

function contentPolicy(): string {
  const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    `style-src ${hashOf(reportStyle)}`,
    `script-src ${hashOf(reportScript)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}
