import path from 'node:path';
import { formatCount, formatSeconds } from '../../core/report/formatValue.ts';
import type { Terminal } from '../terminal.ts';
import { describeAccuracy, describeBenchmarks, describeWatched } from './describe.ts';
import { secondsSpent, stepsDone } from './runView.ts';
import type { RunView } from './runView.ts';

/** How a run ended, what came of it, and what to do next. */
export function renderSummary(view: RunView, cwd: string, terminal: Pick<Terminal, 'style'>): readonly string[] {
  return [headline(view, terminal), ...accuracyLines(view), ...checkpointLine(view, cwd), nextLine(view)];
}

function headline(view: RunView, { style }: Pick<Terminal, 'style'>): string {
  const { record, status } = view;
  const { steps } = record.experiment.training;
  const words = {
    finished: style('green', 'Finished'),
    stopped: style('yellow', 'Stopped'),
    failed: style('red', 'Failed'),
    interrupted: style('yellow', 'Interrupted'),
    queued: 'Starting',
    running: 'Running',
  } as const;
  const of = status === 'finished' ? '' : ` of ${formatCount(steps)}`;
  return `${words[status]}: ${formatCount(stepsDone(view))}${of} steps in ${formatSeconds(secondsSpent(view))}.`;
}

function accuracyLines({ record }: RunView): readonly string[] {
  const { before, after } = record.evaluation;
  const others = [
    ...describeWatched(record).map((text) => `  not trained on, ${text}`),
    ...describeBenchmarks(record).map((text) => `  ${text}`),
  ];
  const known = after ?? before;
  if (known === undefined) return [];
  const head = `Accuracy on ${formatCount(known.problems)} held-out problems (95 % interval)`;
  if (before === undefined || after === undefined) {
    return [`${head} ${after === undefined ? 'before' : 'after'} training: ${describeAccuracy(known)}.`, ...others];
  }
  const points = 100 * (after.accuracy - before.accuracy);
  const change = `${points < 0 ? '-' : '+'}${Math.abs(points).toFixed(1)} points`;
  return [
    `${head}:`,
    `  before  ${describeAccuracy(before)}`,
    `  after   ${describeAccuracy(after)}, ${change}`,
    ...others,
  ];
}

function checkpointLine({ record, folder }: RunView, cwd: string): readonly string[] {
  const last = record.checkpoints.at(-1);
  if (last === undefined) return [];
  const place = path.relative(cwd, path.join(folder, 'checkpoints', `step-${last.step}`));
  const formats = { peft: 'Adapter (Hugging Face PEFT)', huggingface: 'Model (Hugging Face)', native: 'Checkpoint' };
  return [`${formats[last.format]}: ${place}`];
}

function nextLine({ record: { id, checkpoints }, status }: RunView): string {
  if (status === 'finished') return `Next: \`rlvr report ${id}\` draws it, \`rlvr generate ${id}\` talks with it.`;
  const from =
    checkpoints.length === 0 ? 'starts it again: nothing was saved yet' : 'goes on from the newest checkpoint';
  return `Next: \`rlvr resume ${id}\` ${from}.`;
}
