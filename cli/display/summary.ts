import path from 'node:path';
import { formatCount, formatSeconds } from '../../core/report/formatValue.ts';
import { formatError } from '../reportError.ts';
import type { Terminal } from '../terminal.ts';
import { describeAccuracy } from './describe.ts';
import { secondsSpent, stepsDone } from './runView.ts';
import type { RunView } from './runView.ts';

/** How a run ended, what came of it, and what to do next. */
export function renderSummary(view: RunView, cwd: string, terminal: Pick<Terminal, 'style'>): readonly string[] {
  const { record, status } = view;
  const lines = [headline(view, terminal), ...accuracyLines(view), ...adapterLine(view, cwd)];
  if (status === 'failed' && record.error !== undefined) {
    lines.push(formatError(terminal, record.error.code, record.error.message));
  }
  return [...lines, ...nextLines(view)];
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

function accuracyLines({ record: { evaluation } }: RunView): readonly string[] {
  const { before, after } = evaluation;
  const known = after ?? before;
  if (known === undefined) return [];
  const head = `Accuracy on ${formatCount(known.problems)} held-out problems, with 95 % interval: `;
  if (before === undefined || after === undefined) {
    return [`${head}${describeAccuracy(known)} ${after === undefined ? 'before' : 'after'} training.`];
  }
  const points = 100 * (after.accuracy - before.accuracy);
  const change = `${points < 0 ? '-' : '+'}${Math.abs(points).toFixed(1)} points`;
  return [`${head}${describeAccuracy(before)} before, ${describeAccuracy(after)} after training: ${change}.`];
}

function adapterLine({ record, folder }: RunView, cwd: string): readonly string[] {
  const last = record.checkpoints.at(-1);
  if (last === undefined) return [];
  const place = path.relative(cwd, path.join(folder, 'checkpoints', `step-${last.step}`));
  const formats = {
    peft: 'The adapter, in the format of Hugging Face PEFT',
    huggingface: 'The model, as a Hugging Face folder',
    native: 'The checkpoint',
  } as const;
  return [`${formats[last.format]}: ${place}`];
}

function nextLines({ record, status }: RunView): readonly string[] {
  if (status === 'finished') return ['Next: `rlvr report latest` draws it, `rlvr generate latest` talks with it.'];
  return [`Next: \`rlvr resume ${record.id}\` goes on from the newest checkpoint.`];
}
