import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeRandomModel } from '../../samples/recipe/randomModel.ts';

const dimensions = {
  hidden_size: 16,
  intermediate_size: 32,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
};

/**
 * Settings of an experiment of a second or so. Its rewards tell completions of a random model apart, so that there is
 * something to learn.
 */
const settings = {
  name: 'tiny',
  model: { path: 'model' },
  data: { train: { type: 'arithmetic' } },
  adapter: { type: 'lora', r: 4 },
  rewards: [
    { type: 'repetition_penalty', ngram_size: 1, max_penalty: -1 },
    { type: 'exact_answer', weight: 0.5 },
  ],
  learning_rate: 0.01,
  rollout: { group_size: 4, batch_size: 8, max_prompt_tokens: 64, max_completion_tokens: 12 },
  training: { steps: 6, checkpoint_every: 2 },
  evaluation: { problems: 4, every: 3 },
  engine: { threads: 1 },
};

/** Writes a model with random weights and `tiny.rlvr.yaml` beside it, with `changes` to its settings; returns the file. */
export function writeTinyExperiment(folder: string, changes: Readonly<Record<string, unknown>> = {}): string {
  mkdirSync(path.join(folder, 'model'));
  writeRandomModel(path.join(folder, 'model'), dimensions, 1);
  const file = path.join(folder, 'tiny.rlvr.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ ...settings, ...changes }, undefined, 2));
  return file;
}
