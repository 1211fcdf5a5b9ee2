import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metrics } from '../../core/contracts/engine.ts';
import { readMetrics } from '../../core/runs/metrics.ts';
import { runFile } from '../../core/runs/runFiles.ts';
import { runRecordSchema } from '../../core/runs/runRecord.ts';
import type { RunRecord } from '../../core/runs/runRecord.ts';
import type { Measurement, Rollout } from './measurement.ts';
import { stepsFrom } from './measurement.ts';
import { watchMemory } from './processTree.ts';
import type { BenchProblem, BenchReward, Workload } from './workload.ts';

const pollMilliseconds = 5;

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
  const steps = watchSteps(folder, performance.now());
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4000)));
  }
  const code = await new Promise<number | undefined>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve(exitCode ?? undefined));
  });
  const sampledPeak = memory.stop();
  const ends = steps.stop();
  const runFolder = runFolderIn(folder);
  if (code !== 0 || runFolder === undefined) throw new Error(`rlvr run failed.\n${output}`);
  const record = readRecord(runFolder);
  const lines = stepLines(runFolder);
  const { before, after } = record.evaluation;
  return {
    firstStepSeconds: ends[0] ?? Number.NaN,
    savedSeconds: (Date.parse(record.attempts.at(-1)?.endedAt ?? '') - startedAt) / 1000,
    peakRssBytes: Math.max(sampledPeak, ...lines.map((metrics) => metrics['memory/peak_rss_bytes'] ?? 0)),
    steps: stepsFrom(ends, lines.map(rolloutOf)),
    ...(before !== undefined && after !== undefined ? { accuracy: [before.accuracy, after.accuracy] } : {}),
  };
}

function rolloutOf(metrics: Metrics): Rollout {
  return { rolloutSeconds: metrics['time/rollout'] ?? Number.NaN, tokens: metrics['rollout/tokens'] ?? Number.NaN };
}

/** Notes when the metrics of each optimizer step are on the disk, in seconds since `start`. */
function watchSteps(folder: string, start: number): { stop(): readonly number[] } {
  const ends: number[] = [];
  let size = 0;
  const read = (): void => {
    const runFolder = runFolderIn(folder);
    const now =
      runFolder === undefined ? 0 : (statSync(runFile(runFolder, 'metrics'), { throwIfNoEntry: false })?.size ?? 0);
    if (runFolder === undefined || now === size) return;
    size = now;
    const seen = stepLines(runFolder).length - ends.length;
    for (let step = 0; step < seen; step++) ends.push((performance.now() - start) / 1000);
  };
  const timer = setInterval(read, pollMilliseconds);
  return {
    stop: () => {
      clearInterval(timer);
      read();
      return ends;
    },
  };
}

function stepLines(runFolder: string): readonly Metrics[] {
  const lines = readMetrics(runFolder).map(({ metrics }) => metrics);
  return lines.filter((metrics) => metrics['time/step'] !== undefined);
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
  const problemFile = (name: string, problems: readonly BenchProblem[]): string => {
    writeFileSync(join(folder, name), problems.map((problem) => `${JSON.stringify(problem)}\n`).join(''));
    return name;
  };
  const { evaluation, heldOut } = workload;
  return {
    name: workload.name,
    seed: workload.seed,
    model: { path: workload.model },
    data: {
      train: {
        type: 'jsonl',
        path: {
          train: problemFile('problems.jsonl', workload.problems),
          report: problemFile('held-out.jsonl', heldOut),
        },
        reference: 'reference',
      },
      chat: workload.chat,
      ...(workload.system === undefined ? {} : { system: workload.system }),
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
        : { problems: heldOut.length, temperature: evaluation.temperature, top_p: evaluation.topP },
    engine: { threads: workload.threads },
  };
}
