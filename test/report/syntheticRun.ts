import { experimentSchema } from '../../core/experiment/schema.ts';
import type { ReportData } from '../../core/report/reportData.ts';
import { selectCompletions, selectSteps } from '../../core/report/selectCompletions.ts';
import type { CompletionRow } from '../../core/runs/completions.ts';
import type { MetricsLine } from '../../core/runs/metrics.ts';
import { runRecordSchema } from '../../core/runs/runRecord.ts';
import { randomStream } from '../../core/tensor/random.ts';

const ROWS_PER_STEP = 32;

/** How far the synthetic policy has learned at a step, from 0 to 1. */
function learned(step: number): number {
  return 1 - Math.exp(-step / 18);
}

function accuracyAt(step: number): number {
  return 0.31 + 0.35 * learned(step);
}

function metricsAt(step: number, seed: number): MetricsLine['metrics'] {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = randomStream(seed, 'metrics', step).normals(6);
  const reward = Math.min(1, Math.max(0, accuracyAt(step) + 0.035 * a));
  const length = 20 + 11 * learned(step) + 0.5 * b;
  const seconds = 0.62 + 0.2 * learned(step) + 0.03 * Math.abs(c);
  return {
    'reward/mean': reward + 0.1,
    'reward/std': Math.sqrt(reward * (1 - reward)),
    'reward/exact_answer/mean': reward,
    'reward/format/mean': Math.min(1, 0.96 + 0.04 * learned(step) + 0.005 * d),
    'reward/zero_variance_groups': Math.min(1, Math.max(0, 0.12 + 0.2 * learned(step) + 0.05 * e)),
    'completion/length_mean': length,
    'completion/length_min': 6,
    'completion/length_max': Math.min(48, length + 14 + 2 * Math.abs(f)),
    'completion/terminated_length_mean': length - 0.4,
    'completion/truncated': Math.max(0, 0.012 - 0.01 * learned(step) + 0.004 * c),
    entropy: 0.42 - 0.2 * learned(step) + 0.01 * d,
    kl: 0.09 * learned(step) * (1 + 0.1 * a),
    'clip_ratio/low_mean': Math.max(0, 0.002 + 0.0008 * b),
    'clip_ratio/high_mean': Math.max(0, 0.004 + 0.001 * c),
    'clip_ratio/region_mean': Math.max(0, 0.006 + 0.0015 * d),
    grad_norm: 0.32 + 0.5 * Math.exp(-step / 6) + 0.05 * Math.abs(e),
    learning_rate: 5e-4 * Math.min(1, step / 4),
    loss: 0.004 * f,
    'logps/gap_max': 2e-6 * (1 + Math.abs(a)),
    'logps/gap_mean': 2e-7 * (1 + Math.abs(b)),
    'rollout/tokens': Math.round(128 * length),
    'rollout/tokens_per_second': (128 * length) / (seconds * 0.4),
    'training/tokens_per_second': (128 * length) / (seconds * 0.55),
    'time/step': seconds,
    'time/rollout': 0.4 * seconds,
    'time/training': 0.55 * seconds,
    'memory/peak_rss_bytes': 2 ** 20 * (240 + 60 * (1 - Math.exp(-step / 4))),
  };
}

function evaluationAt(step: number): MetricsLine['metrics'] {
  const result = intervalOf(accuracyAt(step), 512);
  const watched = intervalOf(0.42 - 0.06 * learned(step), 512);
  return {
    'evaluation/accuracy': result.accuracy,
    'evaluation/low': result.low,
    'evaluation/high': result.high,
    'evaluation/linear/accuracy': watched.accuracy,
    'evaluation/linear/low': watched.low,
    'evaluation/linear/high': watched.high,
  };
}

function intervalOf(
  accuracy: number,
  problems: number,
): { accuracy: number; low: number; high: number; problems: number } {
  const half = 1.96 * Math.sqrt((accuracy * (1 - accuracy)) / problems);
  return { accuracy, low: accuracy - half, high: accuracy + half, problems };
}

function completionsAt(step: number, seed: number): CompletionRow[] {
  const random = randomStream(seed, 'completions', step);
  return Array.from({ length: ROWS_PER_STEP }, (_, index) => {
    const [left, right] = [1 + random.integer(40), 1 + random.integer(40)];
    const worked = random.uniform() < 0.5 + 0.45 * learned(step);
    const isRight = random.uniform() < accuracyAt(step);
    const finished = random.uniform() > 0.05;
    const answer = left + right + (isRight ? 0 : 1 + random.integer(9));
    const thought = worked ? `${left}+${right}=${answer}` : '';
    const completion = finished
      ? `<think>${thought}</think>\\boxed{${answer}}`
      : `<think>${left}+${right}=${'1'.repeat(40)}`;
    return {
      step,
      prompt: `<|im_start|>user\nWhat is ${left}+${right}?<|im_end|>\n<|im_start|>assistant\n`,
      completion,
      rewards: { exact_answer: isRight && finished ? 1 : 0, format: finished ? 1 : 0 },
      advantage: (isRight && finished ? 1 : -1) * (0.4 + random.uniform()),
      problemId: `problem-${index}`,
      finished,
      tokens: finished ? 8 + thought.length : 48,
    };
  });
}

/** A whole run of made-up numbers that look like those of a real one, the same for the same seed. */
export function syntheticRun({ steps = 60, seed = 42 } = {}): ReportData {
  const lines: MetricsLine[] = [{ step: 0, metrics: evaluationAt(0) }];
  for (let step = 1; step <= steps; step++) {
    const evaluated = step % 10 === 0 || step === steps;
    lines.push({ step, metrics: { ...metricsAt(step, seed), ...(evaluated ? evaluationAt(step) : {}) } });
  }
  const experiment = experimentSchema.parse({
    name: 'arithmetic',
    description: 'GRPO teaches the tiny base model to work out chains of operations, through a LoRA adapter.',
    seed,
    model: { path: '../samples/base' },
    data: {
      train: { type: 'arithmetic', families: ['chains'] },
      watch: [{ type: 'arithmetic', families: ['linear'] }],
    },
    adapter: {
      type: 'lora',
      r: 16,
      lora_alpha: 32,
      target_modules: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
    },
    rewards: [{ type: 'exact_answer' }, { type: 'format', weight: 0.1 }],
    objective: { type: 'grpo' },
    learning_rate: 5e-4,
    rollout: { max_completion_tokens: 48 },
    training: { steps },
    evaluation: { every: 10 },
  });
  const run = runRecordSchema.parse({
    format: 1,
    id: '20261124-171102-arithmetic-3f9a',
    status: 'finished',
    createdAt: '2026-11-24T17:11:02.000Z',
    queuedAt: '2026-11-24T17:11:02.000Z',
    attempts: [{ startedAt: '2026-11-24T17:11:02.000Z', endedAt: '2026-11-24T17:12:21.000Z', fromStep: 0 }],
    experiment,
    source: { file: '/lab/arithmetic.rlvr.yaml', folder: '/lab' },
    method: 'lora',
    steps,
    trainableParameters: 155_648,
    firstStepSeconds: 1.62,
    evaluation: { before: intervalOf(accuracyAt(0), 512), after: intervalOf(accuracyAt(steps), 512) },
    checkpoints: [25, 50, steps].map((step) => ({ step, format: 'peft' })),
    checks: [
      { name: 'declared method is what is trained', passed: true, explanation: '56 tensors, all of lora' },
      { name: 'policy equals the base before the first step', passed: true, value: 3.1e-7, bound: 1e-4 },
      { name: 'sampler and trainer agree on log-probabilities', passed: true, value: 4.8e-6, bound: 1e-4 },
    ],
    environment: {
      package: '0.1.0',
      code: '9f2c'.repeat(16),
      node: '20.20.2',
      onnxruntime: '1.30.0',
      tfjs: '4.22.0',
      platform: 'linux x64',
      cpu: 'Example CPU @ 2.60 GHz',
      cpuFeatures: ['avx2', 'avx512f', 'fma'],
      threads: 2,
    },
    seeds: { experiment: seed, evaluation: 1234 },
    plugins: [
      { kind: 'adapter', id: 'lora', hash: 'a1b2'.repeat(8) },
      { kind: 'dataset', id: 'arithmetic', hash: 'c3d4'.repeat(8) },
    ],
    hashes: { model: 'e5f6'.repeat(16), 'train data': '0718'.repeat(16) },
  });
  const chosen = selectSteps(Array.from({ length: steps }, (_, index) => index + 1));
  const weights = { exact_answer: 1, format: 0.1 };
  return {
    run,
    status: 'finished',
    metrics: lines,
    completions: chosen.flatMap((step) => selectCompletions(completionsAt(step, seed), weights)),
    gapBound: 1e-4,
    writtenAt: '2026-11-24T17:13:00.000Z',
  };
}
