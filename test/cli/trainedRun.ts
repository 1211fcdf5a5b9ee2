import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chooseExperiments, loadExperimentFile } from '../../cli/loadExperiment.ts';
import { runWorker } from '../../cli/runWorker.ts';
import { createCatalog } from '../../core/container.ts';
import { createRun } from '../../core/runs/runStore.ts';
import { plugins } from '../../plugins/index.ts';
import { writeTinyExperiment } from '../runs/tinyExperiment.ts';

/** A folder with a model, an experiment and one finished run of it. */
export interface TrainedFolder {
  readonly cwd: string;
  readonly run: { readonly id: string; readonly folder: string };
  remove(): void;
}

/** Trains a random model for a second or so. */
export async function trainTinyRun(changes: Readonly<Record<string, unknown>> = {}): Promise<TrainedFolder> {
  const cwd = mkdtempSync(path.join(os.tmpdir(), 'rlvr-test-'));
  const file = writeTinyExperiment(cwd, changes);
  const { content, source } = loadExperimentFile(cwd, file, [], createCatalog(plugins));
  const [chosen] = chooseExperiments(content, file, undefined);
  if (chosen === undefined) throw new Error('the tiny experiment is empty');
  const run = createRun(path.join(cwd, '.rlvr', 'runs'), { experiment: chosen.resolved.experiment, source });
  const code = await runWorker(run.folder, () => Promise.resolve(plugins));
  if (code !== 0) throw new Error(`the tiny run ended with ${code}`);
  return {
    cwd,
    run,
    remove: () => {
      rmSync(cwd, { recursive: true, force: true });
    },
  };
}
