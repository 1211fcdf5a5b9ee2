import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Measurement } from './measurement.ts';
import { stepsFrom } from './measurement.ts';
import { watchMemory } from './processTree.ts';
import type { BenchProblem, Workload } from './workload.ts';

/** The number types that TRL is measured in. */
export type TrlPrecision = 'float32' | 'bfloat16';

/** Where the Python side lies and what runs it. */
export interface TrlInstallation {
  /** Interpreter of the environment that has TRL. */
  readonly python: string;
  /** Path of trl_grpo.py. */
  readonly script: string;
}

/** Completions that are sampled at once in evaluations, on either side. */
const evaluationBatch = 256;

interface TrlEvent {
  readonly event: 'ready' | 'step' | 'evaluation' | 'saved';
  readonly peakRssBytes: number;
  readonly rollout?: number;
  readonly tokens?: number;
  /** Of each set of held-out problems. */
  readonly accuracy?: readonly number[];
}

/** Runs a workload with TRL + PEFT in a folder of its own. Throws Error with the process's last output where it fails. */
export async function runTrl(
  workload: Workload,
  precision: TrlPrecision,
  folder: string,
  installation: TrlInstallation,
): Promise<Measurement> {
  const jobFile = join(folder, 'job.json');
  writeFileSync(jobFile, JSON.stringify(jobOf(workload, precision, folder)));
  const threads = String(workload.threads);
  const start = performance.now();
  const child = spawn(installation.python, [installation.script, jobFile], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HF_HUB_OFFLINE: '1', OMP_NUM_THREADS: threads, TOKENIZERS_PARALLELISM: 'false' },
  });
  const memory = watchMemory(child.pid ?? 0);
  const events: (TrlEvent & { readonly at: number })[] = [];
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-4000)));
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{'))
      events.push({ ...(JSON.parse(line) as TrlEvent), at: (performance.now() - start) / 1000 });
  });
  const code = await new Promise<number | undefined>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve(exitCode ?? undefined));
  });
  const sampledPeak = memory.stop();
  const steps = events.filter((event) => event.event === 'step');
  const [firstStep] = steps;
  const saved = events.find((event) => event.event === 'saved');
  if (code !== 0 || firstStep === undefined || saved === undefined) throw new Error(`The TRL side failed.\n${errors}`);
  const accuracy = events.flatMap((event) => (event.accuracy === undefined ? [] : event.accuracy.slice(0, 1)));
  return {
    firstStepSeconds: firstStep.at,
    savedSeconds: saved.at,
    peakRssBytes: Math.max(sampledPeak, saved.peakRssBytes),
    steps: stepsFrom(
      steps.map(({ at }) => at),
      steps.map(({ rollout, tokens }) => ({ rolloutSeconds: rollout ?? Number.NaN, tokens: tokens ?? Number.NaN })),
    ),
    ...(accuracy.length > 0 ? { accuracy } : {}),
  };
}

function jobOf(workload: Workload, precision: TrlPrecision, folder: string): object {
  const writeProblems = (name: string, problems: readonly BenchProblem[]): string => {
    const path = join(folder, name);
    const system = workload.system === undefined ? [] : [{ role: 'system', content: workload.system }];
    const prompt = (question: string): unknown =>
      workload.chat ? [...system, { role: 'user', content: question }] : question;
    const lines = problems.map(({ question, reference }) => JSON.stringify({ prompt: prompt(question), reference }));
    writeFileSync(path, lines.join('\n'));
    return path;
  };
  const { evaluation } = workload;
  return {
    model: workload.model,
    problems: writeProblems('problems.jsonl', workload.problems),
    output: join(folder, 'adapter'),
    reward: workload.reward,
    steps: workload.steps,
    batch_size: workload.batchSize,
    group_size: workload.groupSize,
    max_completion_tokens: workload.maxCompletionTokens,
    min_completion_tokens: workload.minCompletionTokens,
    temperature: workload.temperature,
    learning_rate: workload.learningRate,
    schedule: workload.schedule,
    rank: workload.rank,
    alpha: workload.alpha,
    target_modules: workload.targetModules,
    precision,
    threads: workload.threads,
    seed: workload.seed,
    ...(evaluation === undefined
      ? {}
      : {
          evaluation: {
            problems: [workload.heldOut, ...evaluation.watched].map((problems, index) =>
              writeProblems(`held-out-${index}.jsonl`, problems),
            ),
            temperature: evaluation.temperature,
            top_p: evaluation.topP,
            batch_size: evaluationBatch,
          },
        }),
  };
}
