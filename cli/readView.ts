import { readMetrics } from '../core/runs/metrics.ts';
import { readProgress } from '../core/runs/progressFile.ts';
import { observeRun } from '../core/runs/runJson.ts';
import type { RunView } from './display/runView.ts';

/** Everything there is to see of a run, read once. */
export function readView(folder: string): RunView {
  const now = Date.now();
  return {
    ...observeRun(folder, now),
    folder,
    lines: readMetrics(folder),
    progress: readProgress(folder),
    isStopping: false,
    now,
  };
}
