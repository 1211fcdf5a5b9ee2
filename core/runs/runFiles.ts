import path from 'node:path';

/** Names of a run's files, relative to its folder. */
export const runFiles = {
  record: 'run.json',
  progress: 'progress.json',
  metrics: 'metrics.jsonl',
  completions: 'completions',
  evaluations: 'evaluations',
  checkpoints: 'checkpoints',
  start: 'start',
  locks: 'locks',
  workerLog: 'worker.log',
  spectra: 'spectra',
  stopRequest: 'stop-requested',
} as const;

/** The path of one of a run's files. */
export function runFile(runFolder: string, name: keyof typeof runFiles): string {
  return path.join(runFolder, runFiles[name]);
}
