import { accuracySection } from './accuracySection.ts';
import { chartCatalog, type ChartSection } from './chartCatalog.ts';
import { chartFigure } from './chartFigure.ts';
import { completionsSection } from './completionsSection.ts';
import { dataSection } from './dataSection.ts';
import { html, type Markup } from './html.ts';
import { htmlPage } from './htmlPage.ts';
import { overview } from './overview.ts';
import type { ReportData } from './reportData.ts';
import { reportScript } from './reportScript.ts';
import { reportStyle } from './reportStyle.ts';
import { readSeries } from './series.ts';
import { checksSection, configurationSection, environmentSection } from './settingsSection.ts';

/** A run's report as one HTML page that needs nothing else. The same data give the same page. */
export function renderReport(data: ReportData): string {
  return htmlPage({
    title: `${data.run.experiment.name}: RLVR Lab report`,
    head: overview(data),
    sections: [
      { id: 'accuracy', title: 'Accuracy', content: accuracySection(data.run) },
      { id: 'learning', title: 'Learning', content: charts(data, 'learning') },
      { id: 'policy', title: 'Policy', content: charts(data, 'policy') },
      { id: 'cost', title: 'Speed and memory', content: charts(data, 'cost') },
      { id: 'completions', title: 'Completions', content: completionsSection(data.completions) },
      { id: 'checks', title: 'Integrity checks', content: checksSection(data.run) },
      { id: 'data', title: 'Data', content: dataSection(data.run) },
      { id: 'configuration', title: 'Configuration', content: configurationSection(data.run) },
      { id: 'environment', title: 'Environment', content: environmentSection(data.run) },
    ],
    style: reportStyle,
    script: reportScript,
  });
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
