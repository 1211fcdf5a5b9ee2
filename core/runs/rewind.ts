import { existsSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { RlvrError } from '../errors.ts';
import { isAppendedFile } from './appendedLengths.ts';
import { forgetCheckpointsAfter } from './checkpointFolder.ts';
import type { Checkpoint } from './checkpointFolder.ts';
import { forgetCompletionsAfter } from './completions.ts';
import { forgetEvaluationsAfter } from './evaluationFiles.ts';
import { runFile, runFiles } from './runFiles.ts';
import { forgetSpectraAfter } from './spectraFiles.ts';
import { syncFile } from './syncFile.ts';
import { writing } from './writing.ts';

/**
 * Puts a run's folder back to the moment of a checkpoint (or to before the first step, without one), so that training
 * can go on from there with no line lost or doubled: appended files are cut to their recorded length, later completions,
 * checkpoints and spectra and what a writer left unfinished removed. The caller holds the run's lock. Doing it twice is the
 * same as once. Throws `run/corrupt` where the metrics are shorter than recorded, `run/unwritable`.
 */
export function rewindRun(runFolder: string, checkpoint: Checkpoint | undefined): void {
  const lengths = checkpoint?.appendedLengths ?? {};
  checkMetricsAreThere(runFolder, lengths[runFiles.metrics] ?? 0);
  for (const name of readdirSync(runFolder).filter(isAppendedFile)) {
    const file = path.join(runFolder, name);
    writing(file, () => {
      cut(file, lengths[name] ?? 0);
    });
  }
  writing(runFolder, () => {
    for (const name of readdirSync(runFolder).filter((entry) => entry.endsWith('.tmp'))) {
      rmSync(path.join(runFolder, name), { force: true });
    }
    forgetCompletionsAfter(runFolder, checkpoint?.step ?? 0);
    forgetCheckpointsAfter(runFolder, checkpoint?.step ?? 0);
    forgetEvaluationsAfter(runFolder, checkpoint?.step ?? -1);
    forgetSpectraAfter(runFile(runFolder, 'spectra'), checkpoint?.step ?? 0);
  });
}

function cut(file: string, length: number): void {
  if (statSync(file).size <= length) return;
  truncateSync(file, length);
  syncFile(file);
}

function checkMetricsAreThere(runFolder: string, recorded: number): void {
  const file = path.join(runFolder, runFiles.metrics);
  const size = existsSync(file) ? statSync(file).size : 0;
  if (size >= recorded) return;
  throw new RlvrError(
    'run/corrupt',
    `${file} has ${size} bytes, but had ${recorded} when the checkpoint was made: lines are lost. ` +
      'Restore the file, or start the experiment anew.',
    { file, size, recorded },
  );
}
