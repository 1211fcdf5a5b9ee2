import type { EngineEvent, EngineJob } from '../../../core/contracts/engine.ts';
import { writeCompletions, type CompletionRow } from '../../../core/runs/completions.ts';
import { addedCosts, costsOf } from '../../../core/runs/runCosts.ts';
import { writeEvaluation } from '../../../core/runs/evaluationFiles.ts';
import { openMetrics, readMetrics } from '../../../core/runs/metrics.ts';
import { updateRun } from '../../../core/runs/runJson.ts';
import type { IntegrityCheck, RunRecord } from '../../../core/runs/runRecord.ts';
import { openEvents } from '../../../core/runs/tfevents.ts';
import type { JudgedCompletion, WeightedReward } from '../../../core/training/generation.ts';
import type { TrainerEvents } from '../../../core/training/trainerOptions.ts';
import { benchmarkRecord, evaluationResult } from './measurementRecords.ts';

/** Everything that a training run writes to its folder but checkpoints. */
export interface Journal extends Omit<TrainerEvents, 'onDidReachCheckpoint'> {
  /** Closes the files. */
  close(): void;
}

/** Opens the journal of a run at its end, that is where the last checkpoint left it. */
export function openJournal(job: EngineJob, record: RunRecord, rewards: readonly WeightedReward[]): Journal {
  const { runFolder } = job;
  const metrics = openMetrics(runFolder);
  const events = openEvents(runFolder, record.createdAt);
  const checks: IntegrityCheck[] = [...record.checks];
  let { evaluation } = record;
  let costs = costsOf(readMetrics(runFolder));
  const report = (event: EngineEvent): void => {
    job.onDidReport(event);
  };
  return {
    onDidProgress: (phase, done, total) => {
      report({ kind: 'progress', progress: { phase, done, total } });
    },
    onDidCheck: (check) => {
      checks.push(check);
      updateRun(runFolder, { checks });
    },
    onDidEvaluate: (moment, step, measurements) => {
      const { seed } = record.experiment.evaluation;
      writeEvaluation(runFolder, { moment, step, benchmarks: measurements.map((own) => benchmarkRecord(own, seed)) });
      if (moment === 'during') return;
      evaluation = { ...evaluation, ...evaluationResult(moment, measurements) };
      updateRun(runFolder, { evaluation });
    },
    onDidGenerate: (step, rows) => {
      writeCompletions(
        runFolder,
        step,
        rows.map((row) => completionRow(step, row, rewards)),
      );
    },
    onDidStep: (step, values) => {
      metrics.append({ step, metrics: values });
      events.append(step, values);
      costs = addedCosts(costs, values);
      if (step > 0)
        updateRun(runFolder, { steps: step, costs, ...(step === 1 ? { firstStepSeconds: process.uptime() } : {}) });
      report({ kind: 'step', step, metrics: values });
    },
    close: () => {
      metrics.close();
      events.close();
    },
  };
}

function completionRow(step: number, row: JudgedCompletion, rewards: readonly WeightedReward[]): CompletionRow {
  return {
    step,
    prompt: row.prompt.text,
    completion: row.text,
    rewards: Object.fromEntries(rewards.map(({ name }, i) => [name, row.scores[i]?.value])),
    advantage: row.advantage,
    problemId: row.prompt.problem.id,
    finished: row.completion.finished,
    tokens: row.completion.ids.length,
  };
}
