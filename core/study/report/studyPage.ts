import { formatCount, formatSeconds } from '../../report/formatValue.ts';
import { html, type Markup } from '../../report/html.ts';
import { htmlPage, type PageSection } from '../../report/htmlPage.ts';
import { legend } from '../../report/legend.ts';
import { reportScript } from '../../report/reportScript.ts';
import { reportStyle } from '../../report/reportStyle.ts';
import { tiles } from '../../report/tiles.ts';
import { comparisonSentence } from './comparisonSentence.ts';
import { designNotes } from './designNotes.ts';
import { designTable, failedTable, methodTable, notRunTable, splitTable, tuningTable } from './designTables.ts';
import type { StudyFigure } from './studyFigures.ts';
import type { PartReport, SettingReport, StudyReport } from './studyReport.ts';
import { studyStyle } from './studyStyle.ts';
import { htmlTable } from './tableFormats.ts';

/** A study's report as one HTML page that needs nothing else. The same report gives the same page. */
export function studyPage(report: StudyReport): string {
  const { results, rates } = report;
  const headline = report.parts.filter(({ summary: { part } }) => !part.exploratory);
  const exploratory = report.parts.filter(({ summary: { part } }) => part.exploratory);
  const [failed, missing] = [failedTable(results), notRunTable(results)];
  const sections: PageSection[] = [
    ...headline.map(partSection),
    ...exploratory.map(partSection),
    ...(rates.length === 0
      ? []
      : [{ id: 'rates', title: 'Learning rates', content: html`${htmlTable(tuningTable(results))}${gallery(rates)}` }]),
    { id: 'design', title: 'Design', content: designSection(report) },
    {
      id: 'missing',
      title: 'Failed and not run',
      content:
        failed.rows.length + missing.rows.length === 0
          ? html`<p class="note">Every trial was run and none failed.</p>`
          : html`${failed.rows.length > 0 ? htmlTable(failed) : undefined}${missing.rows.length > 0 ? htmlTable(missing) : undefined}`,
    },
  ];
  return htmlPage({
    title: `${results.name}: RLVR Lab study`,
    head: masthead(report),
    sections,
    style: reportStyle + studyStyle,
    script: reportScript,
  });
}

function masthead({ results, summary, parts }: StudyReport): Markup {
  const finished = results.trials.filter(({ phase, status }) => phase === 'report' && status === 'finished').length;
  const failed = results.trials.filter(({ status }) => status === 'failed').length;
  const missing = results.notRun.reduce((sum, { seeds }) => sum + seeds.length, 0);
  const headline = parts.filter(({ summary: { part } }) => !part.exploratory);
  const told = headline.flatMap(({ summary: { settings } }) =>
    settings.flatMap(({ label, comparisons }) => comparisons.map((comparison) => ({ label, comparison }))),
  );
  const different = told.filter(({ comparison }) => comparison.verdict === 'different');
  const alike = told.filter(({ comparison }) => comparison.verdict === 'not-distinguishable').length;
  const untested = told.filter(({ comparison }) => comparison.verdict === 'not-testable').length;
  const figures: readonly (readonly [string, string])[] = [
    ['Trials told', formatCount(finished)],
    ['Failed', formatCount(failed)],
    ['Not run', formatCount(missing)],
    ['Methods', formatCount(results.methods.length)],
    ['Training and evaluation', formatSeconds(results.seconds.trials)],
    ['Everything else', formatSeconds(results.seconds.overhead)],
  ];
  return html`<header class="masthead">
      <p class="product">RLVR Lab <span>study</span></p>
      <h1>${results.name}</h1>
      ${results.description === undefined ? undefined : html`<p class="lead">${results.description}</p>`}
      <p class="facts">
        Fingerprint of everything that does not depend on the machine: <code>${summary.fingerprint}</code>
      </p>
    </header>
    <section class="card picture-card" aria-labelledby="result">
      <h2 id="result">What is different</h2>
      ${
        different.length === 0
          ? html`<p class="note">No method could be told apart from a baseline in the headline parts.</p>`
          : html`<ul class="plain-list">
              ${different.map(
                ({ label, comparison }) =>
                  html`<li><b>${comparison.method}</b>, ${label}: ${comparisonSentence(comparison)}</li>`,
              )}
            </ul>`
      }
      <p class="note">
        Of ${told.length} headline comparisons ${different.length} are told apart, ${alike} are not distinguishable,
        ${untested} cannot be tested by this design. Exploratory parts stand apart below.
      </p>
    </section>
    ${tiles(figures)}`;
}

function partSection(report: PartReport): PageSection {
  const { part } = report.summary;
  const content = html`${
    part.exploratory
      ? html`<p class="exploratory">
          Exploratory: ${part.seeds.length} seeds. Its intervals stand for themselves, without correction for how many
          there are; nothing here is a finding.
        </p>`
      : undefined
  }
  ${
    report.settings.length === 0
      ? html`<p class="note">Nothing of this part has been run.</p>`
      : report.varied.length > 0
        ? html`${report.varied.map(({ table, figure }) => html`${figure && pictures([figure])}${htmlTable(table)}`)}
            <details class="values">
              <summary>Every setting of this part</summary>
              ${report.settings.map((setting) => settingSection(setting))}
            </details>`
        : report.settings.map((setting) => settingSection(setting))
  }`;
  return {
    id: `part-${part.name.replace(/[^a-zA-Z0-9-]/gu, '-')}`,
    title: `${part.exploratory ? 'Exploratory: ' : ''}${part.title ?? part.name}`,
    content,
  };
}

function settingSection({
  summary,
  leaderboard,
  comparisons,
  collapse,
  figures,
  curves,
  spectra,
}: SettingReport): Markup {
  return html`<h3 class="setting-title">${summary.label}</h3>
    ${pictures(figures)} ${htmlTable(leaderboard)} ${comparisons.map(({ table }) => htmlTable(table))}
    ${collapse === undefined ? undefined : htmlTable(collapse)} ${folded('Reward while training', curves)}
    ${folded('Spectra', spectra)}`;
}

function folded(title: string, figures: readonly StudyFigure[]): Markup | undefined {
  return figures.length === 0
    ? undefined
    : html`<details class="values">
        <summary>${title}: ${figures.length} figures</summary>
        ${gallery(figures)}
      </details>`;
}

function gallery(figures: readonly StudyFigure[]): Markup {
  return html`<div class="charts">${figures.map(picture)}</div>`;
}

function pictures(figures: readonly StudyFigure[]): Markup {
  return html`<div class="stacked">${figures.map(picture)}</div>`;
}

function picture({ title, explanation, drawing, legend: labels }: StudyFigure): Markup {
  return html`<figure class="card picture-card">
    <figcaption>
      <h4>${title}</h4>
      <p class="explanation">${explanation}</p>
    </figcaption>
    ${labels.length === 0 ? undefined : legend(labels)}
    <div class="scroll">${drawing}</div>
  </figure>`;
}

function designSection({ results, summary }: StudyReport): Markup {
  return html`${htmlTable(designTable(summary))}
    <ul class="plain-list design-notes">
      ${designNotes(results, summary).map((note) => html`<li>${note}</li>`)}
    </ul>
    ${htmlTable(splitTable(results))} ${htmlTable(methodTable(results))}`;
}
