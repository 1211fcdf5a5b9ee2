import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readTrainingState, writeTrainingState } from '../../core/training/trainingState.ts';
import { writeTinyExperiment } from '../runs/tinyExperiment.ts';
import { bitsOf, loadTiny, recordTraining, type TinyChanges, type TrainingRecord } from './tinyTraining.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'rlvr-resume-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const training = { steps: 4, checkpoint_every: 2 };
const rollout = { group_size: 4, batch_size: 8, max_prompt_tokens: 64, max_completion_tokens: 8 };
const withoutEvaluation = { before: false, problems: 4 };

const configurations: Readonly<Record<string, TinyChanges>> = {
  'two iterations': { training: { ...training, num_iterations: 2 }, objective: { type: 'grpo' } },
  'two steps a generation': { training: { ...training, steps_per_generation: 2 } },
  'both, ending within a generation': {
    training: { ...training, steps: 6, checkpoint_every: 4, num_iterations: 2, steps_per_generation: 2 },
  },
  'gradients accumulated over micro-batches': {
    training: { ...training, micro_batch_tokens: 64 },
    objective: { type: 'bnpo' },
  },
  'KL from the base': { objective: { type: 'dapo', beta: 0.1 } },
  'KL from the adapter at its start': {
    objective: { type: 'grpo', beta: 0.1 },
    training: { ...training, reference: 'initial' },
    adapter: { type: 'lora', r: 4, init_lora_weights: false },
  },
  'an adaptive entropy coefficient': {
    objective: { type: 'dr_grpo', use_adaptive_entropy: true, entropy_target: 10, entropy_coef: 0.01 },
  },
  'filtered sampling, momentum, masked truncation': {
    rollout: { ...rollout, top_k: 20, top_p: 0.9, min_p: 0.01, repetition_penalty: 1.1, old_logps: 'filtered' },
    optimizer: { type: 'sgd', momentum: 0.9 },
    schedule: { type: 'cosine', warmup_steps: 2 },
    training: { ...training, mask_truncated_completions: true },
  },
  'dropout, over micro-batches': {
    adapter: { type: 'lora', r: 4, lora_dropout: 0.3, target_modules: ['q_proj', 'down_proj'] },
    training: { ...training, micro_batch_tokens: 64 },
  },
  'a file read in epochs': { data: { train: { type: 'jsonl', path: 'problems.jsonl' } } },
  'groups that teach nothing refilled, to the limit': {
    rewards: [{ type: 'repetition_penalty', ngram_size: 1, max_penalty: -1 }],
    rollout: { ...rollout, group_size: 2, max_completion_tokens: 2, dynamic_sampling: { max_batches: 3 } },
  },
  'problems chosen by difficulty from a file': {
    data: { train: { type: 'jsonl', path: 'problems.jsonl' } },
    training: { ...training, curriculum: { type: 'difficulty' } },
  },
  'hard problems asked again': {
    training: { ...training, curriculum: { type: 'replay', share: 0.5 } },
  },
  'the best policy kept': {
    training: { ...training, keep_best: true, early_stopping: { patience: 9 } },
    evaluation: { ...withoutEvaluation, every: 1 },
  },
  'supervised full fine-tuning': {
    objective: { type: 'sft' },
    adapter: { type: 'full' },
    rewards: [],
    rollout: { batch_size: 8, max_prompt_tokens: 64, max_completion_tokens: 200 },
    evaluation: withoutEvaluation,
  },
};

function writeProblems(folder: string): void {
  const lines = Array.from({ length: 60 }, (_, i) =>
    JSON.stringify({ question: `What is ${i}+1?`, answer: `${i + 1}` }),
  );
  writeFileSync(path.join(folder, 'problems.jsonl'), `${lines.join('\n')}\n`);
}

/** What a training told from a step on. */
function after(record: TrainingRecord, step: number): unknown {
  const later = <Value>(values: ReadonlyMap<number, Value>): (readonly [number, Value])[] =>
    [...values].filter(([at]) => at > step);
  return {
    outcome: record.outcome,
    state: bitsOf(record.state),
    progress: record.progress,
    metrics: later(record.metrics),
    completions: later(record.generations).map(([at, rows]) => [
      at,
      rows.map(({ prompt, text, advantage, completion }) => [prompt.text, text, advantage, completion.logps]),
    ]),
  };
}

describe('a training that is stopped, saved and continued', () => {
  it.each(Object.entries(configurations))('is the one that never stopped, bit for bit: %s', async (name, changes) => {
    const folder = path.join(root, name.replaceAll(/[^a-z]+/gi, '-'));
    mkdirSync(folder);
    writeProblems(folder);
    const file = writeTinyExperiment(folder, {
      rollout,
      training,
      evaluation: { ...withoutEvaluation, every: 3 },
      ...changes,
    });
    const whole = await recordTraining(await loadTiny(file));
    const saved = whole.checkpoints[0]!;
    expect(saved.step).toBeLessThan(whole.state.step);

    const state = path.join(folder, 'checkpoint');
    mkdirSync(state);
    const { step, reference } = await loadTiny(file);
    const progress = whole.progresses[0]!;
    writeTrainingState(state, saved, step.policy, { keepsStart: reference === 'initial', progress });
    const { policy, ...resumeFrom } = readTrainingState(state);
    const options = await loadTiny(file, { resumed: policy });
    expect(bitsOf(resumeFrom.state)).toEqual(bitsOf(saved));
    expect(resumeFrom.progress).toEqual(progress);
    const rest = await recordTraining(options, { resumeFrom });
    expect(after(rest, saved.step)).toEqual(after(whole, saved.step));
    expect([...rest.metrics.keys()][0]).toBe(saved.step + 1);
  });

  it('ends after the generation batch at hand, with a checkpoint', async () => {
    const folder = path.join(root, 'stop');
    mkdirSync(folder);
    const changes = { rollout, training: { ...training, num_iterations: 2, checkpoint_every: 100 } };
    const options = await loadTiny(writeTinyExperiment(folder, { ...changes, evaluation: withoutEvaluation }));
    const { outcome, checkpoints, metrics } = await recordTraining(options, { stopAt: 1 });
    expect({ outcome, steps: [...metrics.keys()] }).toEqual({ outcome: 'stopped', steps: [1, 2] });
    expect(checkpoints.map(({ step }) => step)).toEqual([2]);
  });

  it('ends at once in the evaluation before the first step, when nothing is lost', async () => {
    const folder = path.join(root, 'stop-early');
    mkdirSync(folder);
    const evaluation = { before: true, problems: 300, samples: 2 };
    const options = await loadTiny(writeTinyExperiment(folder, { rollout, training, evaluation }));
    const record = await recordTraining(options, { stopIn: 'evaluating' });
    const { outcome, state, checkpoints, evaluations, metrics } = record;
    expect({ outcome, step: state.step, checkpoints, evaluations }).toEqual({
      outcome: 'stopped',
      step: 0,
      checkpoints: [],
      evaluations: [],
    });
    expect(metrics.size).toBe(0);
  });
});
