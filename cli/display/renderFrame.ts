import { formatNumber, formatSeconds, formatValue } from '../../core/report/formatValue.ts';
import { metricNames } from '../../core/metricNames.ts';
import type { Terminal } from '../terminal.ts';
import { describeEvaluation, describeMetrics, describeProgress } from './describe.ts';
import { accuracyPoints, latestMetric, metricValues, secondsLeft, secondsSpent, stepsDone } from './runView.ts';
import type { RunView } from './runView.ts';
import { progressBar, sparkline } from './sparkline.ts';
import { formatPieces } from './textLine.ts';
import type { Piece } from './textLine.ts';

/** Where a frame is drawn. */
export interface FrameOptions {
  readonly width: number;
  readonly hasUnicode: boolean;
  readonly style: Terminal['style'];
  /** Whether keys are read, so that they are explained. */
  readonly hasKeys: boolean;
}

const mostSparkWidth = 40;
const mostBarWidth = 40;

/** A run in progress as a few lines, none wider than the terminal: the same view gives the same lines. */
export function renderFrame(view: RunView, options: FrameOptions): readonly string[] {
  const { record } = view;
  const lines: (readonly Piece[])[] = [
    [{ text: record.experiment.name, style: 'bold' }, `  ${record.method}`, { text: `  ${record.id}`, style: 'dim' }],
    barLine(view, options),
    [describeProgress(view.status, view.progress)],
    ...sparkLines(view, options),
    ...metricsLine(view),
    ...evaluationLine(view),
    ...noteLine(view),
    ...keysLine(view, options),
  ];
  return lines.map((pieces) => formatPieces(pieces, options.width - 1, options.style));
}

function barLine(view: RunView, { width, hasUnicode }: FrameOptions): readonly Piece[] {
  const { steps } = view.record.experiment.training;
  const done = stepsDone(view);
  const left = secondsLeft(view);
  const rest = left === undefined || done >= steps ? '' : `, about ${formatSeconds(Math.round(left))} left`;
  const text = `  ${done}/${steps} steps  ${formatSeconds(Math.round(secondsSpent(view)))}${rest}`;
  const barWidth = Math.max(4, Math.min(mostBarWidth, width - 1 - text.length));
  return [{ text: progressBar(done / steps, barWidth, hasUnicode), style: 'green' }, text];
}

function sparkLines(view: RunView, options: FrameOptions): readonly (readonly Piece[])[] {
  const rewards = metricValues(view.lines, metricNames.reward);
  const accuracies = accuracyPoints(view).map(({ accuracy }) => accuracy);
  const latest = latestMetric(view.lines, metricNames.reward);
  const lines: (readonly Piece[])[] = [];
  if (latest !== undefined) lines.push(sparkLine('reward', rewards, formatNumber(latest), options));
  const [last] = accuracies.slice(-1);
  if (accuracies.length > 1 && last !== undefined) {
    lines.push(sparkLine('accuracy', accuracies, formatValue(last, 'fraction'), options));
  }
  return lines;
}

function sparkLine(name: string, values: readonly number[], latest: string, options: FrameOptions): readonly Piece[] {
  const label = name.padEnd(9);
  const width = Math.max(4, Math.min(mostSparkWidth, options.width - 1 - label.length - latest.length - 2));
  const line = sparkline(values, { width, hasUnicode: options.hasUnicode });
  return [label, { text: line, style: 'cyan' }, `  ${latest}`];
}

function metricsLine({ lines }: RunView): readonly (readonly Piece[])[] {
  const last = lines.at(-1);
  const parts = last === undefined ? [] : describeMetrics(last).slice(1);
  return parts.length === 0 ? [] : [[parts.join('   ')]];
}

function evaluationLine(view: RunView): readonly (readonly Piece[])[] {
  const last = accuracyPoints(view).at(-1);
  return last === undefined ? [] : [[describeEvaluation(last)]];
}

function noteLine({ progress }: RunView): readonly (readonly Piece[])[] {
  const last = progress?.notes.at(-1);
  if (last === undefined) return [];
  return [[{ text: `${last.level}: ${last.message}`, style: last.level === 'warning' ? 'yellow' : 'dim' }]];
}

function keysLine({ isStopping }: RunView, { hasKeys }: FrameOptions): readonly (readonly Piece[])[] {
  if (isStopping) {
    return [[{ text: 'Stopping after this step and saving. Ctrl-C again: end it at once', style: 'yellow' }]];
  }
  const keys = hasKeys ? '   d: leave it running in the background' : '';
  return [[{ text: `Ctrl-C: stop after this step and save${keys}`, style: 'dim' }]];
}
