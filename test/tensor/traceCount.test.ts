import * as ort from 'onnxruntime-node';
import { expect, it, vi } from 'vitest';
import { randomStream } from '../../core/tensor/random.ts';
import { createLearner } from '../../core/training/learner.ts';
import { cutMicroBatches, type TrainingRow } from '../../core/training/microBatch.ts';
import { createPolicy } from '../../core/training/policy.ts';
import { lora } from '../../plugins/adapters/lora.ts';
import { grpo } from '../../plugins/objectives/grpo.ts';
import { adamw } from '../../plugins/optimizers/adamw.ts';
import { tinyCheckpoint } from '../model/tinyCheckpoint.ts';
import { plainRow, plainSteps } from '../training/plainSteps.ts';

/** Rows of any number and lengths. */
function randomRows(step: number): readonly TrainingRow[] {
  const random = randomStream(3, 'rows', step);
  const tokens = (count: number): number[] => Array.from({ length: count }, () => random.integer(10));
  const prompts = [0, 1].map(() => tokens(2 + random.integer(9)));
  return Array.from({ length: 2 + random.integer(5) }, (_, i) => {
    const ids = tokens(1 + random.integer(20));
    return plainRow(prompts[i % 2]!, ids, i - 1, -2.5);
  });
}

it('trains 50 steps at natural lengths with one graph', async () => {
  const policy = createPolicy(tinyCheckpoint, lora, lora.config.parse({ r: 2 }), 1);
  const learner = createLearner(
    tinyCheckpoint,
    plainSteps(policy, { objective: grpo, optimizer: adamw, maxGradNorm: 1 }),
  );
  // Looks on: sessions are still made by ONNX Runtime.
  const sessions = vi.spyOn(ort.InferenceSession, 'create');
  const shapes = new Set<string>();
  for (let step = 0; step < 50; step++) {
    const rows = randomRows(step);
    shapes.add(rows.map(({ prompt, ids }) => `${prompt.length}+${ids.length}`).join());
    const counts = { globalTokens: 40, stepRows: rows.length, stepsPerGeneration: 1, maxCompletionTokens: 20 };
    await learner.step(cutMicroBatches(rows, 30), {
      learningRate: 1e-3 / (step + 1),
      temperature: 1,
      totalSteps: 50,
      counts,
    });
  }
  expect(shapes.size).toBeGreaterThan(45);
  // No size, rate or step number is part of the graph.
  expect(sessions.mock.calls.length).toBe(1);
  await learner.release();
});
