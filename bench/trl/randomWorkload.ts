import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { randomStream } from '../../core/tensor/random.ts';
import type { BenchProblem, Workload } from './workload.ts';
import { linearLayers } from './workload.ts';

const seed = 7;
const promptLength = 32;
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** A random Qwen2 of 1.59 M parameters (d 192, 4 layers): 64 completions in groups of 8, prompts of 32 tokens, 64 new tokens. */
export function randomWorkload(folder: string, python: string, scripts: string, threads: number): Workload {
  const model = join(folder, 'random-qwen2');
  if (!existsSync(join(model, 'model.safetensors'))) {
    execFileSync(python, [join(scripts, 'random_model.py'), model, String(seed)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }
  const [first, ...others] = randomProblems(513);
  return {
    name: 'd192',
    model,
    problems: others,
    heldOut: first === undefined ? [] : [first],
    chat: false,
    reward: 'last_number',
    steps: 0,
    batchSize: 64,
    groupSize: 8,
    maxCompletionTokens: 64,
    minCompletionTokens: 0,
    temperature: 1,
    learningRate: 5e-4,
    schedule: 'constant',
    rank: 16,
    alpha: 32,
    targetModules: linearLayers,
    threads,
    seed,
  };
}

/** Random letters, one token each; random_model.py says why the answers are 0 and 1. */
function randomProblems(count: number): BenchProblem[] {
  const random = randomStream(seed, 'bench problems');
  return Array.from({ length: count }, () => ({
    question: Array.from({ length: promptLength }, () => letters[random.integer(letters.length)]).join(''),
    reference: String(random.integer(2)),
  }));
}
