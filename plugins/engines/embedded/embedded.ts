import path from 'node:path';
import { z } from 'zod';
import type { Engine, EngineJob, EngineOutcome } from '../../../core/contracts/engine.ts';
import type { PluginCatalog, PluginKind } from '../../../core/contracts/pluginCatalog.ts';
import { RlvrError, messageOf } from '../../../core/errors.ts';
import { choiceSites } from '../../../core/experiment/pluginChoices.ts';
import {
  checkpointEntries,
  keepNewestCheckpoints,
  newestCheckpoint,
  writeCheckpoint,
  type Checkpoint as RunCheckpoint,
} from '../../../core/runs/checkpointFolder.ts';
import { checkSameEnvironment, describeEnvironment, effectiveThreads } from '../../../core/runs/environment.ts';
import { hasEvaluation } from '../../../core/runs/evaluationFiles.ts';
import { installedVersions } from '../../../core/runs/installedVersions.ts';
import { pluginHash } from '../../../core/runs/pluginHash.ts';
import { rewindRun } from '../../../core/runs/rewind.ts';
import { runFile } from '../../../core/runs/runFiles.ts';
import { readRun, updateRun } from '../../../core/runs/runJson.ts';
import type { RunRecord } from '../../../core/runs/runRecord.ts';
import { configureRuntime, loadRuntime } from '../../../core/tensor/runtime.ts';
import { exportCheckpoint } from '../../../core/training/exportCheckpoint.ts';
import { trainableCount } from '../../../core/training/policy.ts';
import { train, type TrainingStart } from '../../../core/training/trainer.ts';
import { readTrainingState, writeTrainingState } from '../../../core/training/trainingState.ts';
import type { TrainerEvents } from '../../../core/training/trainerOptions.ts';
import type { TrainingProgress } from '../../../core/training/trainingProgress.ts';
import { openJournal } from './journal.ts';
import { liveSpectra } from './liveSpectra.ts';
import { prepareRun, type PreparedRun } from './prepare.ts';

const config = z.strictObject({});

/** Trains in this process: tfjs ops traced once, run by ONNX Runtime. */
export function embedded(catalog: PluginCatalog): Engine<z.output<typeof config>> {
  return {
    id: 'embedded',
    summary: 'Trains in a process of its own on this machine, through ONNX Runtime',
    source: 'this project',
    config,
    capabilities: async () => {
      try {
        await loadRuntime();
        return { available: true, explanation: 'ONNX Runtime loads; float32 on the CPU', devices: ['cpu'] };
      } catch (error) {
        return { available: false, explanation: messageOf(error), devices: [] };
      }
    },
    run: async (_config, job) => {
      try {
        return await runJob(catalog, job);
      } catch (error) {
        if (job.signal.aborted && error instanceof RlvrError && error.code === 'run/not-running') return 'stopped';
        throw error;
      }
    },
  };
}

async function runJob(catalog: PluginCatalog, job: EngineJob): Promise<EngineOutcome> {
  const record = readRun(job.runFolder);
  const { experiment, source } = record;
  if (experiment.engine.device !== 'cpu' && experiment.engine.device !== 'auto') {
    throw new RlvrError(
      'engine/unavailable',
      `The embedded engine runs on the device "cpu" (or "auto"), not on "${experiment.engine.device}".`,
    );
  }
  configureRuntime({ threads: effectiveThreads(experiment.engine.threads) });
  const environment = describeEnvironment({ ...installedVersions(), threads: experiment.engine.threads });
  const checkpoint = newestCheckpoint(job.runFolder);
  const used = pluginsUsed(record, catalog);
  if (checkpoint !== undefined && record.environment !== undefined) {
    checkSameEnvironment(record.environment, environment);
    checkSamePlugins(record.plugins, used);
  }
  const start = record.start && { folder: runFile(job.runFolder, 'start'), origin: record.start.from };
  const continued = checkpoint === undefined ? undefined : readTrainingState(checkpoint.folder);
  const prepared = await prepareRun(experiment, source.folder, catalog, {
    start,
    resumed: continued?.policy,
    signal: job.signal,
    onDidCalibrate: (done, total) => {
      job.onDidReport({ kind: 'progress', progress: { phase: 'calibrating', done, total } });
    },
    onDidDownload: (done, total) => {
      job.onDidReport({ kind: 'progress', progress: { phase: 'downloading', done, total } });
    },
  });
  await checkSameData(record, prepared, checkpoint);
  rewindRun(job.runFolder, checkpoint);
  const best = experiment.training.keep_best ? continued?.progress.best : undefined;
  keepNewestCheckpoints(job.runFolder, experiment.training.keep_checkpoints, best?.step);
  const { policy } = prepared.options.step;
  const current = updateRun(job.runFolder, {
    environment,
    trainableParameters: trainableCount(policy),
    data: prepared.data,
    plugins: used,
    seeds: { experiment: experiment.seed, evaluation: experiment.evaluation.seed },
    // What was calibrated is not calibrated again.
    hashes: { ...record.hashes, ...(await prepared.hashes()) },
    steps: checkpoint?.step ?? 0,
    checkpoints: checkpointEntries(job.runFolder),
    best,
    plateau: undefined,
    evaluation: knownEvaluation(job.runFolder, record, checkpoint),
    ...(checkpoint === undefined ? { checks: [], costs: undefined } : {}),
  });
  return trainRun(job, current, prepared, catalog, continued);
}

async function trainRun(
  job: EngineJob,
  record: RunRecord,
  { options }: PreparedRun,
  catalog: PluginCatalog,
  resumeFrom: TrainingStart | undefined,
): Promise<EngineOutcome> {
  const journal = openJournal(job, record, options.generation.rewards);
  const modelFolder = path.resolve(record.source.folder, record.experiment.model.path);
  const spectra = liveSpectra(job, record, options, catalog);
  const onDidReachCheckpoint: TrainerEvents['onDidReachCheckpoint'] = async (state, progress) => {
    const { keep_checkpoints: keep } = record.experiment.training;
    await writeCheckpoint(
      job.runFolder,
      state.step,
      (folder) => {
        writeTrainingState(folder, state, options.step.policy, {
          keepsStart: options.reference === 'initial',
          progress,
        });
        return exportCheckpoint(folder, modelFolder, options.checkpoint, options.step.policy, state);
      },
      { keep, spare: options.keepsBest ? progress.best?.step : undefined },
    );
    updateRun(job.runFolder, {
      checkpoints: checkpointEntries(job.runFolder),
      ...(options.keepsBest ? { best: progress.best } : {}),
    });
    await spectra?.atCheckpoint(state);
  };
  const events = { ...journal, onDidReachCheckpoint, ...(spectra && { onDidTrain: spectra.afterStep }) };
  try {
    const { outcome, state, progress } = await train(options, events, job.signal, resumeFrom);
    if (outcome === 'finished' && state.step < options.steps) tellPlateau(job, state.step, progress);
    return outcome;
  } finally {
    journal.close();
  }
}

/** What was measured up to a checkpoint. */
function knownEvaluation(
  runFolder: string,
  { evaluation: { before, after } }: RunRecord,
  checkpoint: RunCheckpoint | undefined,
): RunRecord['evaluation'] {
  if (checkpoint === undefined) return {};
  return { ...(before && { before }), ...(after && hasEvaluation(runFolder, 'after') ? { after } : {}) };
}

/** Says that a run has ended before its last step, and why. */
function tellPlateau({ runFolder, onDidReport }: EngineJob, step: number, progress: TrainingProgress): void {
  const { improved: accuracy = 0, stale } = progress;
  updateRun(runFolder, { plateau: { step, accuracy } });
  const percent = (100 * accuracy).toFixed(1);
  const message =
    `Ended early after step ${step}: accuracy on the selection split has not risen above ${percent} % ` +
    `in ${stale} evaluations.`;
  onDidReport({ kind: 'note', level: 'info', message });
}

/** A resumed run must read what it was started with. */
async function checkSameData(
  record: RunRecord,
  prepared: PreparedRun,
  checkpoint: RunCheckpoint | undefined,
): Promise<void> {
  if (checkpoint === undefined) return;
  const now = await prepared.hashes();
  const changed = Object.keys(now).filter(
    (name) => record.hashes[name] !== undefined && record.hashes[name] !== now[name],
  );
  if (changed.length === 0) return;
  throw new RlvrError(
    'run/environment-changed',
    `The run cannot go on as it was: ${changed.join(', ')} ${changed.length === 1 ? 'has' : 'have'} changed since it was ` +
      'started. Start a new run instead.',
    { changed },
  );
}

function pluginsUsed(record: RunRecord, catalog: PluginCatalog): RunRecord['plugins'] {
  const used = choiceSites(record.experiment).map(({ kind, choice }) => ({ kind, id: choice.type }));
  const distinct = new Map<string, { kind: PluginKind; id: string }>(used.map((use) => [`${use.kind} ${use.id}`, use]));
  return [...distinct.values()].map(({ kind, id }) => ({ kind, id, hash: pluginHash(catalog.find(kind, id)) }));
}

/** A resumed run goes on with the plugins that it was started with; the user may accept others, as with a changed environment. */
function checkSamePlugins(before: RunRecord['plugins'], now: RunRecord['plugins']): void {
  const changed = now.filter(({ kind, id, hash }) =>
    before.some((plugin) => plugin.kind === kind && plugin.id === id && plugin.hash !== hash),
  );
  if (changed.length === 0) return;
  const names = changed.map(({ kind, id }) => `${kind} "${id}"`);
  throw new RlvrError(
    'run/environment-changed',
    `The run cannot go on bit for bit, because the code of a plugin has changed since it was started: ${names.join(', ')}.`,
    { changed: names },
  );
}
