import { chartFigure } from '../../report/chartFigure.ts';
import { formatNumber, formatValue, type Unit } from '../../report/formatValue.ts';
import { html, type Markup } from '../../report/html.ts';
import { htmlPage, type PageSection } from '../../report/htmlPage.ts';
import { reportScript } from '../../report/reportScript.ts';
import { reportStyle } from '../../report/reportStyle.ts';
import type { CollapseVerdict } from '../collapse.ts';
import { meanOf, summarizeModules } from '../moduleSummary.ts';
import type { SpectraRecord } from '../spectraRecord.ts';
import { heatMap, shortName } from './heatMap.ts';
import { seriesChart } from './seriesChart.ts';
import { spectraOverview } from './spectraOverview.ts';
import { spectraScript, spectraStyle } from './spectraLook.ts';

/** Spectra of one or several checkpoints, oldest first, as one HTML page that needs nothing else. The same data give the same page. */
export function renderSpectra(records: readonly SpectraRecord[], verdict: CollapseVerdict): string {
  const latest = records.at(-1);
  const sections: PageSection[] = [];
  const add = (id: string, title: string, content: Markup | undefined): void => {
    if (content !== undefined) sections.push({ id, title, content });
  };
  if (latest !== undefined) {
    add('drift', 'Over steps', drift(records));
    add('layers', 'Layer by layer', layerCharts(latest));
    add('places', 'Where the update acts', heatMaps(latest));
    add('modules', 'By kind of layer', moduleTable(latest));
    add('numbers', 'All numbers', layerTable(latest));
    add('measured', 'What was measured, and its limits', method(latest, verdict));
  }
  return htmlPage({
    title: `${latest?.subject.name ?? ''}: RLVR Lab spectra`,
    head: latest === undefined ? html`` : spectraOverview(latest, records, verdict),
    sections,
    style: reportStyle + spectraStyle,
    script: reportScript + spectraScript,
  });
}

function unitOf(unit: string): Unit {
  return unit === 'share' ? 'fraction' : 'plain';
}

function drift(records: readonly SpectraRecord[]): Markup | undefined {
  const stepped = records.flatMap((record) =>
    record.subject.step === undefined ? [] : [{ record, step: record.subject.step }],
  );
  const latest = stepped.at(-1);
  if (latest === undefined || stepped.length < 2) return undefined;
  const figures = Object.entries(latest.record.measures).flatMap(([name, measure]) => {
    const points = stepped.flatMap(({ record, step }) => {
      const value = meanOf(record.layers, name);
      return value === undefined ? [] : [{ step, value }];
    });
    if (points.length < 2) return [];
    const look = { title: measure.title, explanation: measure.explanation, unit: unitOf(measure.unit), holds: [0] };
    return [chartFigure(look, [{ label: 'mean over layers', points }], latest.step)];
  });
  return figures.length === 0 ? undefined : html`<div class="charts">${figures}</div>`;
}

function layerCharts({ layers }: SpectraRecord): Markup | undefined {
  const drawn = layers.filter(({ series }) => series.length > 0);
  if (drawn.length === 0) return undefined;
  return html`<form class="chooser">
      <label
        >Layer
        <select name="layer">
          ${drawn.map(({ name }, index) => html`<option value="${index}">${shortName(name)}</option>`)}
        </select></label
      >
      <button type="button" name="back">Previous</button>
      <button type="button" name="on">Next</button>
    </form>
    ${drawn.map(
      ({ name, shape, series }, index) =>
        html`<section class="layer" data-layer="${index}" aria-label="${name}">
          <p class="note"><code>${name}</code>, ${shape[0]} x ${shape[1]}</p>
          <div class="charts">${series.map(seriesChart)}</div>
        </section>`,
    )}`;
}

function heatMaps(record: SpectraRecord): Markup | undefined {
  const maps = Object.keys(record.matrices).flatMap((name) => heatMap(record, name) ?? []);
  return maps.length === 0 ? undefined : html`<div class="stack">${maps}</div>`;
}

function moduleTable(record: SpectraRecord): Markup {
  const summaries = summarizeModules(record);
  const known = knownMeasures(record);
  const rows = summaries.map(({ module, layers, means }) => ({ name: `${module} (${layers})`, numbers: means }));
  return numberTable('Kind', known, rows, 'Means by kind of layer');
}

function layerTable(record: SpectraRecord): Markup {
  const rows = record.layers.map(({ name, numbers }) => ({ name: shortName(name), numbers }));
  return numberTable('Layer', knownMeasures(record), rows, 'All numbers of all layers');
}

type Known = readonly (readonly [name: string, measure: SpectraRecord['measures'][string]])[];

function knownMeasures({ measures, layers }: SpectraRecord): Known {
  return Object.entries(measures).filter(([name]) => layers.some(({ numbers }) => numbers[name] !== undefined));
}

function numberTable(
  head: string,
  known: Known,
  rows: readonly { readonly name: string; readonly numbers: Readonly<Record<string, number>> }[],
  label: string,
): Markup {
  return html`<div class="card scroll numbers" tabindex="0" role="region" aria-label="${label}">
    <table>
      <thead>
        <tr>
          <th scope="col">${head}</th>
          ${known.map(([, { title, unit }]) => html`<th scope="col">${title}${isPlain(unit) ? '' : html` <small>${unit}</small>`}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ name, numbers }) =>
            html`<tr>
              <th scope="row">${name}</th>
              ${known.map(([measure, { unit }]) => html`<td>${cellText(numbers[measure], unit)}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function cellText(value: number | undefined, unit: string): string {
  return value === undefined ? '' : formatValue(value, unitOf(unit));
}

function isPlain(unit: string): boolean {
  return unit === '1' || unit === 'share';
}

function method({ measures, unmeasured }: SpectraRecord, { limits, thresholds }: CollapseVerdict): Markup {
  return html`<div class="settings">
    <section class="card setting">
      <h3>limits</h3>
      ${limits.map((line) => html`<p>${line}</p>`)}
    </section>
    <section class="card setting">
      <h3>thresholds of the verdict</h3>
      <dl>
        ${thresholds.map(
          ({ name, value, source }) =>
            html`<div>
              <dt>${name}</dt>
              <dd>${formatNumber(value)}: ${source}</dd>
            </div>`,
        )}
      </dl>
    </section>
    <section class="card setting">
      <h3>numbers</h3>
      <dl>
        ${Object.values(measures).map(
          ({ title, explanation }) =>
            html`<div>
              <dt>${title}</dt>
              <dd>${explanation}</dd>
            </div>`,
        )}
      </dl>
    </section>
    ${
      unmeasured.length === 0
        ? undefined
        : html`<section class="card setting">
            <h3>not measured</h3>
            <dl>
              ${unmeasured.map(
                ({ name, reason }) =>
                  html`<div>
                    <dt>${name}</dt>
                    <dd>${reason}</dd>
                  </div>`,
              )}
            </dl>
          </section>`
    }
  </div>`;
}
