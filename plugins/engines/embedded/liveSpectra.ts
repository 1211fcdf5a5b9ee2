import path from 'node:path';
import type { EngineJob } from '../../../core/contracts/engine.ts';
import type { PluginCatalog } from '../../../core/contracts/pluginCatalog.ts';
import { messageOf } from '../../../core/errors.ts';
import { effectiveThreads } from '../../../core/runs/environment.ts';
import { runFile } from '../../../core/runs/runFiles.ts';
import type { RunRecord } from '../../../core/runs/runRecord.ts';
import { spectraFileName } from '../../../core/runs/spectraFiles.ts';
import { adapterSource, policyAdapter } from '../../../core/spectra/adapterSource.ts';
import { loadedBaseModel } from '../../../core/spectra/baseModel.ts';
import { measureSpectra } from '../../../core/spectra/measureSpectra.ts';
import { meanOf, sumOf } from '../../../core/spectra/moduleSummary.ts';
import { writeSpectra } from '../../../core/spectra/spectraFile.ts';
import type { SpectraRecord } from '../../../core/spectra/spectraRecord.ts';
import { isDue } from '../../../core/training/isDue.ts';
import type { LearnerState } from '../../../core/training/learner.ts';
import type { TrainerOptions } from '../../../core/training/trainerOptions.ts';

/** Spectra of a run while it trains. They read the weights and change nothing. */
export interface LiveSpectra {
  /** Measures where the steps since the last call crossed the period; what goes among the step's metrics. */
  afterStep(state: LearnerState): Promise<Readonly<Record<string, number>>>;
  /** Measures a checkpoint, unless it was just done. */
  atCheckpoint(state: LearnerState): Promise<void>;
}

/** The numbers among the metrics: means over layers, by the analyzers' names. */
const means: Readonly<Record<string, string>> = {
  'adapter/update_relative': 'update_size/relative',
  'adapter/effective_rank': 'effective_rank/effective',
  'adapter/principal_half': 'energy/principal_half_right',
  'adapter/top_share': 'energy/top_right',
  'adapter/spectral_shift': 'spectrum/shift_top',
  'adapter/rotation': 'rotation/largest_right',
};

/** Spectra as the experiment's `spectra` says; undefined where it wants none. */
export function liveSpectra(
  job: EngineJob,
  { experiment, method, id, source }: RunRecord,
  options: TrainerOptions,
  catalog: PluginCatalog,
): LiveSpectra | undefined {
  const { every, top_k: top } = experiment.spectra;
  if (every === 0) return undefined;
  const stepsAtOnce = options.iterations * options.stepsPerGeneration;
  const base = loadedBaseModel(options.checkpoint);
  const baseFolder = path.resolve(source.folder, experiment.model.path);
  let measuredAt: number | undefined;
  const measure = async ({ step, parameters }: LearnerState): Promise<SpectraRecord | undefined> => {
    try {
      const record = await measureSpectra(
        { kind: 'run', name: id, method, base: baseFolder, step },
        adapterSource(base, policyAdapter(options.step.policy, `step ${step}`, parameters)),
        { catalog, top, full: false, threads: effectiveThreads(experiment.engine.threads), includes: () => true },
      );
      writeSpectra(path.join(runFile(job.runFolder, 'spectra'), spectraFileName(step)), record);
      measuredAt = step;
      return record;
    } catch (error) {
      // What only looks must not end a training.
      job.onDidReport({ kind: 'note', level: 'warning', message: `No spectra at step ${step}: ${messageOf(error)}` });
      return undefined;
    }
  };
  return {
    afterStep: async (state) => {
      if (!isDue(state.step, stepsAtOnce, every)) return {};
      const began = performance.now();
      const record = await measure(state);
      const seconds = (performance.now() - began) / 1000;
      return record === undefined ? {} : { ...metricsOf(record), 'time/spectra': seconds };
    },
    atCheckpoint: async (state) => {
      if (measuredAt !== state.step) await measure(state);
    },
  };
}

function metricsOf({ layers }: SpectraRecord): Readonly<Record<string, number>> {
  const known = Object.entries(means).flatMap(([metric, name]) => {
    const value = meanOf(layers, name);
    return value === undefined ? [] : [[metric, value] as const];
  });
  return { ...Object.fromEntries(known), 'adapter/intruders': sumOf(layers, 'intruders/left') };
}
