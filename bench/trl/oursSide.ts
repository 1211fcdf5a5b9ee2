import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMetrics } from '../../core/runs/metrics.ts';
import { runFile } from '../../core/runs/runFiles.ts';
import { runRecordSchema } from '../../core/runs/runRecord.ts';
import type { RunRecord } from '../../core/runs/runRecord.ts';
import type { Measurement, StepMeasurement } from './measurement.ts';
import { watchMemory } from './processTree.ts';
import type { BenchProblem, BenchReward, Workload } from './workload.ts';

const firstStepPollMilliseconds = 5;

/** Runs a workload with the built command line, `node cli run FILE`, in a folder of its own. Throws Error where the run fails. */
export async function runOurs(workload: Workload, folder: string, cli: string): Promise<Measurement> {
  const file = join(folder, 'bench.rlvr.yaml');
  writeFileSync(file, JSON.stringify(experimentOf(workload, folder)));
  return measureRun(file, folder, cli);
}

/** Runs an experiment file with the built command line, its runs kept in `folder`. Throws Error where the run fails. */
export async function measureRun(file: string, folder: string, cli: string): Promise<Measurement> {
  const startedAt = Date.now();
  const child = spawn(process.execPath, [cli, 'run', file, '--json'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const memory = watchMemory(child.pid ?? 0);
  const firstStep = watchFirstStep(folder, performance.now());
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4000)));
  }
  const code = await new Promise<number | undefined>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve(exitCode ?? undefined));
  });
  const sampledPeak = memory.stop();
  const firstStepSeconds = firstStep.stop();
  const runFolder = runFolderIn(folder);
  if (code !== 0 || runFolder === undefined) throw new Error(`rlvr run failed.\n${output}`);
  const record = readRecord(runFolder);
  const lines = readMetrics(runFolder).filter(({ metrics }) => metrics['time/step'] !== undefined);
  const { before, after } = record.evaluation;
  return {
    firstStepSeconds: firstStepSeconds ?? record.firstStepSeconds ?? Number.NaN,
    savedSeconds: (Date.parse(record.attempts.at(-1)?.endedAt ?? '') - startedAt) / 1000,
    peakRssBytes: Math.max(sampledPeak, ...lines.map(({ metrics }) => metrics['memory/peak_rss_bytes'] ?? 0)),
    steps: lines.map(({ metrics }) => stepOf(metrics)),
    ...(before !== undefined && after !== undefined ? { accuracy: [before.accuracy, after.accuracy] } : {}),
  };
}

function stepOf(metrics: Readonly<Record<string, number>>): StepMeasurement {
  return {
    seconds: metrics['time/step'] ?? Number.NaN,
    rolloutSeconds: metrics['time/rollout'] ?? Number.NaN,
    tokens: metrics['rollout/tokens'] ?? 0,
  };
}

/** Notes when the first line of metrics of an optimizer step is on the disk, in seconds since `start`. */
function watchFirstStep(folder: string, start: number): { stop(): number | undefined } {
  let seconds: number | undefined;
  const timer = setInterval(() => {
    const runFolder = runFolderIn(folder);
    if (runFolder === undefined || !hasContent(runFile(runFolder, 'metrics'))) return;
    if (!readMetrics(runFolder).some(({ metrics }) => metrics['time/step'] !== undefined)) return;
    seconds = (performance.now() - start) / 1000;
    clearInterval(timer);
  }, firstStepPollMilliseconds);
  return {
    stop: () => {
      clearInterval(timer);
      return seconds;
    },
  };
}

function hasContent(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function runFolderIn(folder: string): string | undefined {
  const runs = join(folder, '.rlvr', 'runs');
  const [id] = existsSync(runs) ? readdirSync(runs) : [];
  return id === undefined ? undefined : join(runs, id);
}

function readRecord(runFolder: string): RunRecord {
  return runRecordSchema.parse(JSON.parse(readFileSync(runFile(runFolder, 'record'), 'utf8')));
}

const rewardPlugins: Readonly<Record<BenchReward, object>> = {
  boxed: { type: 'exact_answer', extraction: ['boxed'] },
  last_number: { type: 'exact_answer', extraction: ['last_number'] },
};

function experimentOf(workload: Workload, folder: string): object {
  const dataset = (name: string, problems: readonly BenchProblem[]): object => {
    writeFileSync(join(folder, name), problems.map((problem) => `${JSON.stringify(problem)}\n`).join(''));
    return { type: 'jsonl', path: name };
  };
  const { evaluation } = workload;
  return {
    name: workload.name,
    seed: workload.seed,
    model: { path: workload.model },
    data: {
      train: dataset('problems.jsonl', workload.problems),
      ...(evaluation === undefined ? {} : { evaluate: dataset('held-out.jsonl', evaluation.problems) }),
      chat: workload.chat,
    },
    adapter: { type: 'lora', r: workload.rank, lora_alpha: workload.alpha, target_modules: workload.targetModules },
    rewards: [rewardPlugins[workload.reward]],
    learning_rate: workload.learningRate,
    schedule: { type: workload.schedule },
    rollout: {
      group_size: workload.groupSize,
      batch_size: workload.batchSize,
      max_completion_tokens: workload.maxCompletionTokens,
      min_completion_tokens: workload.minCompletionTokens,
      temperature: workload.temperature,
    },
    training: { steps: workload.steps, checkpoint_every: workload.steps },
    evaluation:
      evaluation === undefined
        ? { before: false, problems: 1 }
        : { problems: evaluation.problems.length, temperature: evaluation.temperature, top_p: evaluation.topP },
    engine: { threads: workload.threads },
  };
}
