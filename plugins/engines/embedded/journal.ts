import type { EngineEvent, EngineJob } from '../../../core/contracts/engine.ts';
import { writeCompletions, type CompletionRow } from '../../../core/runs/completions.ts';
import { openMetrics } from '../../../core/runs/metrics.ts';
import { updateRun } from '../../../core/runs/runJson.ts';
import type { EvaluationResult, IntegrityCheck, RunRecord } from '../../../core/runs/runRecord.ts';
import { openEvents } from '../../../core/runs/tfevents.ts';
import type { Evaluation } from '../../../core/training/evaluate.ts';
import type { JudgedCompletion, WeightedReward } from '../../../core/training/generation.ts';
import type { TrainerEvents } from '../../../core/training/trainerOptions.ts';

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
    onDidEvaluate: (moment, _step, result, watched) => {
      if (moment === 'during') return;
      evaluation = { ...evaluation, [moment]: { ...summary(result), watched: mapValues(watched, summary) } };
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
      if (step > 0)
        updateRun(runFolder, step === 1 ? { steps: step, firstStepSeconds: process.uptime() } : { steps: step });
      report({ kind: 'step', step, metrics: values });
    },
    close: () => {
      metrics.close();
      events.close();
    },
  };
}

function summary({
  accuracy,
  low,
  high,
  problems,
  samples,
  passAtK,
  meanTokens,
  unjudged,
}: Evaluation): EvaluationResult {
  return { accuracy, low, high, problems, samples, passAtK, meanTokens, unjudged };
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

function mapValues<T, U>(values: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}
