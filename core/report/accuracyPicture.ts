import type { EvaluationResult } from '../runs/runRecord.ts';
import { linearAxis, type Axis } from './axis.ts';
import { formatCount, formatTick, formatValue } from './formatValue.ts';
import { html, type Markup } from './html.ts';

const FRAME = { width: 640, left: 74, right: 610, row: 44, top: 20 } as const;
const BASELINE = FRAME.top + 2 * FRAME.row;

/** Accuracy before and after training. */
export interface AccuracyChange {
  readonly before?: EvaluationResult | undefined;
  readonly after?: EvaluationResult | undefined;
}

/** The change in one sentence, with what can be concluded from the intervals. */
export function describeChange({ before, after }: AccuracyChange): string {
  if (before === undefined || after === undefined) {
    const known = before ?? after;
    const when = before === undefined ? 'after' : 'before';
    return known === undefined ? 'Not evaluated.' : `Evaluated ${when} training only: ${describeResult(known)}.`;
  }
  const verdict =
    after.low > before.high
      ? 'The 95 % intervals do not touch: this is an improvement.'
      : after.high < before.low
        ? 'The 95 % intervals do not touch: training made it worse.'
        : 'The 95 % intervals overlap: the difference may be chance.';
  return `From ${describeResult(before)} to ${describeResult(after)}. ${verdict}`;
}

/** Percentage points gained; undefined where an evaluation is missing. */
export function pointsGained({ before, after }: AccuracyChange): number | undefined {
  return before && after && 100 * (after.accuracy - before.accuracy);
}

/** Both accuracies as dots with whiskers on an axis from 0 to 100 %. */
export function accuracyPicture({ before, after }: AccuracyChange): Markup {
  const axis = linearAxis(0, 1, { from: FRAME.left, to: FRAME.right }, { count: 5, exact: true });
  const at = (value: number): number => Number((axis.place(value) ?? 0).toFixed(1));
  const gain =
    before && after
      ? html`<rect
          class="gain"
          x="${Math.min(at(before.accuracy), at(after.accuracy))}"
          y="${FRAME.top}"
          width="${Math.abs(at(after.accuracy) - at(before.accuracy))}"
          height="${2 * FRAME.row}"
        />`
      : undefined;
  return html`<svg
    class="picture"
    viewBox="0 0 ${FRAME.width} ${BASELINE + 28}"
    role="img"
    aria-label="${describeChange({ before, after })}"
  >
    ${gain} ${axis.ticks.map((tick) => tickMark(tick, at))} ${resultRow('Before', before, 0, at)}
    ${resultRow('After', after, 1, at)}
  </svg>`;
}

function tickMark(tick: Axis['ticks'][number], at: (value: number) => number): Markup {
  return html`<line class="grid" x1="${at(tick)}" x2="${at(tick)}" y1="${FRAME.top}" y2="${BASELINE}" />
    <text class="tick" x="${at(tick)}" y="${BASELINE + 18}" text-anchor="middle"
      >${formatTick(tick, 'fraction')}</text
    >`;
}

function resultRow(
  name: string,
  result: EvaluationResult | undefined,
  row: number,
  at: (value: number) => number,
): Markup {
  const y = FRAME.top + (row + 0.5) * FRAME.row;
  const label = html`<text class="row-label" x="${FRAME.left - 14}" y="${y + 5}" text-anchor="end">${name}</text>`;
  if (result === undefined) {
    return html`${label}<text class="tick" x="${FRAME.left + 8}" y="${y + 5}">not evaluated</text>`;
  }
  const { accuracy, low, high } = result;
  const tone = row === 0 ? 'before' : 'after';
  const whisker = `M${at(low)} ${y}L${at(high)} ${y}M${at(low)} ${y - 6}L${at(low)} ${y + 6}M${at(high)} ${y - 6}L${at(high)} ${y + 6}`;
  const left = at(high) > FRAME.right - 70;
  return html`${label}<path class="range ${tone}" d="${whisker}" />
    <circle class="point ${tone}" cx="${at(accuracy)}" cy="${y}" r="6.5" />
    <text class="value" x="${left ? at(low) - 10 : at(high) + 10}" y="${y + 5}" text-anchor="${left ? 'end' : 'start'}"
      >${formatValue(accuracy, 'fraction')}</text
    >`;
}

function describeResult({ accuracy, low, high, problems }: EvaluationResult): string {
  const interval = `95 % interval ${formatValue(low, 'fraction')} to ${formatValue(high, 'fraction')}`;
  return `${formatValue(accuracy, 'fraction')} (${interval}, ${formatCount(problems)} problems)`;
}
