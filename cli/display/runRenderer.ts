import type { MetricsLine } from '../../core/runs/metrics.ts';
import { describeRunJson } from '../describeRun.ts';
import { writeJson, writeLine } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { describeEvaluation, describeMetrics, describeProgress } from './describe.ts';
import { createLiveDisplay, terminalWidth } from './liveDisplay.ts';
import { renderFrame } from './renderFrame.ts';
import { accuracyPoints, stepsDone } from './runView.ts';
import type { RunView } from './runView.ts';
import { clean } from './textLine.ts';

/** Shows a run while it goes on. */
export interface RunRenderer {
  /** Milliseconds between two looks at the run. */
  readonly interval: number;
  update(view: RunView): void;
  /** The run has ended, or is no longer watched. */
  end(): void;
}

/** A few lines that are drawn over; for terminals. */
export function createLiveRenderer(terminal: Terminal, hasKeys: boolean): RunRenderer {
  const display = createLiveDisplay(terminal);
  const { hasUnicode, style } = terminal;
  return {
    interval: 100,
    update: (view) => {
      display.draw(renderFrame(view, { width: terminalWidth(terminal), hasUnicode, style, hasKeys }));
    },
    end: () => {
      display.clear();
    },
  };
}

/** One line for each step, evaluation and note; for pipes and logs. What was there before the first look is not repeated. */
export function createPlainRenderer(terminal: Terminal): RunRenderer {
  let known: Known | undefined;
  const print = (text: string): void => {
    writeLine(terminal, clean(text));
  };
  return {
    interval: 250,
    update: (view) => {
      const { record, lines, progress, status } = view;
      const notes = progress?.notes ?? [];
      const phase = describeProgress(status, progress).replace(/ [\d,/]+$/, '');
      known ??= announce(view, print);
      const last = lines.at(-1)?.step ?? -1;
      // A resumed run goes back to its checkpoint.
      const printed = Math.min(known.line, last);
      for (const note of notes.slice(known.notes)) print(`${note.level}: ${note.message}`);
      for (const line of lines.filter(({ step }) => step > printed)) {
        if (line.step > 0) print(formatStep(line, record.experiment.training.steps));
        for (const point of accuracyPoints(view).filter(({ step }) => step === line.step))
          print(describeEvaluation(point));
      }
      if (phase !== known.phase && progress !== undefined && last <= 0) print(phase);
      known = { line: last, notes: notes.length, phase };
    },
    end: () => undefined,
  };
}

/** One JSON object a line for everything that happens, from the run's beginning; for programs. */
export function createJsonRenderer(terminal: Terminal): RunRenderer {
  let printed = 0;
  let evaluations = 0;
  let progress = '';
  let announced = '';
  const print = (event: object): void => {
    writeJson(terminal, event, { compact: true });
  };
  return {
    interval: 250,
    update: (view) => {
      const { record, status } = view;
      if (announced !== status) print({ event: 'status', id: record.id, folder: view.folder, status });
      announced = status;
      if (view.lines.length < printed) {
        print({ event: 'reset', step: stepsDone({ ...view, record: { ...record, steps: 0 } }) });
        printed = view.lines.length;
      }
      for (const { step, metrics } of view.lines.slice(printed)) print({ event: 'step', step, metrics });
      printed = view.lines.length;
      const points = accuracyPoints(view);
      for (const point of points.slice(evaluations)) print({ event: 'evaluation', ...point });
      evaluations = points.length;
      const next = JSON.stringify(view.progress ?? {});
      if (next !== progress && view.progress !== undefined) print({ event: 'progress', ...view.progress });
      progress = next;
      if (status !== 'queued' && status !== 'running') print({ event: 'end', ...describeRunJson(view) });
    },
    end: () => undefined,
  };
}

/** How much a plain display has printed. */
interface Known {
  /** Step of the newest line of metrics; -1: none. */
  readonly line: number;
  readonly notes: number;
  readonly phase: string;
}

function announce({ record, lines, progress }: RunView, print: (text: string) => void): Known {
  const done = stepsDone({ record, lines });
  const steps = record.experiment.training.steps;
  print(`run ${record.id}: ${record.method}, ${steps} steps${done === 0 ? '' : `, ${done} of them done`}`);
  return { line: lines.at(-1)?.step ?? -1, notes: progress?.notes.length ?? 0, phase: '' };
}

function formatStep(line: MetricsLine, steps: number): string {
  return [`step ${line.step}/${steps}`, ...describeMetrics(line)].join('  ');
}
