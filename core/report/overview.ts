import { accuracyPicture, describeChange, pointsGained } from './accuracyPicture.ts';
import { formatCount, formatMoment, formatNumber, formatSeconds, formatValue } from './formatValue.ts';
import { html, type Markup } from './html.ts';
import type { ReportData } from './reportData.ts';
import { tiles } from './tiles.ts';

const STATUS_TONES: Readonly<Record<ReportData['status'], string>> = {
  queued: 'neutral',
  running: 'active',
  finished: 'good',
  stopped: 'warning',
  failed: 'bad',
  interrupted: 'warning',
};

/** The report's head: what was run, how it ended, and what came of it. */
export function overview(data: ReportData): Markup {
  const { run, status } = data;
  const failedChecks = run.checks.filter(({ passed }) => !passed).length;
  return html`<header class="masthead">
      <p class="product">RLVR Lab <span>run report</span></p>
      <h1>${run.experiment.name}</h1>
      <p class="badges">
        <span class="badge ${STATUS_TONES[status]}">${status}</span>
        <span class="badge neutral">${run.method}</span>
        ${
          run.checks.length === 0
            ? undefined
            : html`<a class="badge ${failedChecks === 0 ? 'good' : 'bad'}" href="#checks"
                >${
                  failedChecks === 0
                    ? `${run.checks.length} integrity checks passed`
                    : `${failedChecks} of ${run.checks.length} integrity checks failed`
                }</a
              >`
        }
      </p>
      ${run.experiment.description && html`<p class="lead">${run.experiment.description}</p>`}
      <p class="facts">
        Run <code>${run.id}</code>, created ${formatMoment(run.createdAt)}, report of ${formatMoment(data.writtenAt)}
      </p>
    </header>
    ${run.error && failure(run.error)}
    <section class="hero card" aria-labelledby="result">
      <div>
        <h2 id="result">Held-out accuracy</h2>
        <p class="headline">${headline(data)}</p>
        <p class="verdict">${describeChange(run.evaluation)}</p>
      </div>
      ${accuracyPicture(run.evaluation)}
    </section>
    ${tiles(tilesOf(data))}`;
}

function failure(error: NonNullable<ReportData['run']['error']>): Markup {
  return html`<section class="alert" role="alert">
    <h2>The run failed: <code>${error.code}</code></h2>
    <p>${error.message}</p>
  </section>`;
}

function headline({ run: { evaluation } }: ReportData): Markup {
  const gained = pointsGained(evaluation);
  if (gained === undefined) {
    const known = evaluation.after ?? evaluation.before;
    return html`${known === undefined ? '–' : formatValue(known.accuracy, 'fraction')}`;
  }
  const text = formatNumber(Number(gained.toFixed(1)));
  return html`${gained > 0 ? `+${text}` : text} <small>points</small>`;
}

function tilesOf(data: ReportData): readonly (readonly [string, string])[] {
  const { run, metrics } = data;
  const values = (name: string): number[] =>
    metrics.flatMap((line) => (Number.isFinite(line.metrics[name]) ? [line.metrics[name] ?? 0] : []));
  const tokens = values('rollout/tokens').reduce((sum, value) => sum + value, 0);
  const memory = values('memory/peak_rss_bytes').reduce((most, value) => Math.max(most, value), 0);
  const seconds = secondsWorked(data);
  return [
    ['Steps', `${formatCount(run.steps)} of ${formatCount(run.experiment.training.steps)}`],
    ...(seconds === undefined ? [] : [['Time', formatSeconds(seconds)] as const]),
    ...(run.firstStepSeconds === undefined
      ? []
      : [['To the first step', formatSeconds(run.firstStepSeconds)] as const]),
    ...(run.trainableParameters === undefined
      ? []
      : [['Trainable parameters', formatCount(run.trainableParameters)] as const]),
    ...(tokens === 0 ? [] : [['Tokens sampled', formatCount(tokens)] as const]),
    ...(memory === 0 ? [] : [['Peak memory', formatValue(memory, 'bytes')] as const]),
  ];
}

/** Seconds over all attempts; one that has not ended counts up to when the report is written. */
function secondsWorked({ run, writtenAt }: ReportData): number | undefined {
  const seconds = run.attempts.map(
    ({ startedAt, endedAt }) => (Date.parse(endedAt ?? writtenAt) - Date.parse(startedAt)) / 1000,
  );
  return seconds.length === 0 ? undefined : seconds.reduce((sum, value) => sum + value, 0);
}
