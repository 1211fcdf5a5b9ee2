import type { EngineEvent } from '../core/contracts/engine.ts';
import { writeProgress } from '../core/runs/progressFile.ts';
import type { RunProgress } from '../core/runs/progressFile.ts';

const fewestMilliseconds = 100;
const mostNotes = 20;

/** Turns an engine's events into a run's `progress.json`. */
export interface ProgressReporter {
  report(event: EngineEvent): void;
  /** Writes what was held back. */
  flush(): void;
}

/** Writes a new phase and notes at once, and counts within a phase at most ten times a second. */
export function createProgressReporter(runFolder: string): ProgressReporter {
  let current: RunProgress = { phase: 'starting', done: 0, notes: [] };
  let writtenAt = 0;
  let isPending = true;
  const flush = (): void => {
    if (!isPending) return;
    isPending = false;
    writtenAt = Date.now();
    writeProgress(runFolder, current);
  };
  flush();
  return {
    report: (event) => {
      if (event.kind === 'step') return;
      const { phase: phaseBefore } = current;
      current = advance(current, event);
      isPending = true;
      const isNews = event.kind === 'note' || current.phase !== phaseBefore;
      if (isNews || Date.now() - writtenAt >= fewestMilliseconds) flush();
    },
    flush,
  };
}

function advance(current: RunProgress, event: Exclude<EngineEvent, { kind: 'step' }>): RunProgress {
  if (event.kind === 'note') {
    const { level, message } = event;
    return { ...current, notes: [...current.notes, { level, message }].slice(-mostNotes) };
  }
  const { phase, done, total } = event.progress;
  return { phase, done, ...(total === undefined ? {} : { total }), notes: current.notes };
}
