import type { EngineEvent, EngineJob } from '../../../core/contracts/engine.ts';
import { writeCompletions, type CompletionRow } from '../../../core/runs/completions.ts';
import { addedCosts, costsOf } from '../../../core/runs/runCosts.ts';
import { writeEvaluation } from '../../../core/runs/evaluationFiles.ts';
import type { MetricsLine } from '../../../core/runs/metrics.ts';
import { openMetrics, readMetrics } from '../../../core/runs/metrics.ts';
import { updateRun } from '../../../core/runs/runJson.ts';
import type { IntegrityCheck, RunRecord } from '../../../core/runs/runRecord.ts';
import { openEvents } from '../../../core/runs/tfevents.ts';
import type { JudgedCompletion, WeightedReward } from '../../../core/training/generation.ts';
import type { ProblemFailure } from '../../../core/training/judge.ts';
import type { TrainerEvents } from '../../../core/training/trainerOptions.ts';
import { benchmarkRecord, evaluationResult } from './measurementRecords.ts';

/** Failures of rewards that are listed; the others are counted. */
const mostFailures = 10;

/** How often `run.json` says how far the run is; metrics and progress are told with every step. */
const recordMilliseconds = 1000;

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
  const lines = readMetrics(runFolder);
  let costs = costsOf(lines);
  let rewardFailures = failuresUntil(lines, record);
  const report = (event: EngineEvent): void => {
    job.onDidReport(event);
  };
  let untold: Partial<RunRecord> = {};
  let toldAt = 0;
  const tell = (): void => {
    if (Object.keys(untold).length > 0) updateRun(runFolder, untold);
    untold = {};
    toldAt = performance.now();
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
    onDidFailToJudge: (step, failures) => {
      if (rewardFailures === undefined)
        report({ kind: 'note', level: 'warning', message: failureNote(step, failures) });
      const first = [...(rewardFailures?.first ?? []), ...failures.map((failure) => ({ step, ...failure }))];
      rewardFailures = { count: (rewardFailures?.count ?? 0) + failures.length, first: first.slice(0, mostFailures) };
      updateRun(runFolder, { rewardFailures });
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
        untold = { ...untold, steps: step, costs, ...(step === 1 ? { firstStepSeconds: process.uptime() } : {}) };
      if (step === 1 || performance.now() - toldAt >= recordMilliseconds) tell();
      report({ kind: 'step', step, metrics: values });
    },
    close: () => {
      tell();
      metrics.close();
      events.close();
    },
  };
}

/** Failures as of the last step that is told: those of steps that are done again are told again. */
function failuresUntil(lines: readonly MetricsLine[], { rewardFailures }: RunRecord): RunRecord['rewardFailures'] {
  const last = lines.at(-1)?.step ?? -1;
  const counts = lines.flatMap(({ metrics }) =>
    Object.entries(metrics).flatMap(([name, value]) => (name.endsWith('/failures') ? [value] : [])),
  );
  const count = counts.reduce((sum, value) => sum + value, 0);
  if (count === 0 || rewardFailures === undefined) return undefined;
  return { count, first: rewardFailures.first.filter(({ step }) => step <= last) };
}

function failureNote(step: number, failures: readonly ProblemFailure[]): string {
  const [first] = failures;
  if (first === undefined) return '';
  const { reward, problem, message } = first;
  return (
    `Step ${step}: a reward failed on ${failures.length} of the completions, which are masked. ` +
    `Reward "${reward}" on problem ${problem} ${message}`
  );
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
