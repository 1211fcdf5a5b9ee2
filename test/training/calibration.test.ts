import { describe, expect, it } from 'vitest';
import type { CalibrationRequest } from '../../core/contracts/adapter.ts';
import type { Problem, ProblemSource } from '../../core/contracts/dataset.ts';
import type { Checkpoint } from '../../core/model/checkpoint.ts';
import type { Tokenizer } from '../../core/model/tokenizer.ts';
import { targetLayers } from '../../core/training/adapterTargets.ts';
import { collectCalibration } from '../../core/training/calibration.ts';
import { calibrationBatches, type CalibrationText } from '../../core/training/calibrationData.ts';
import { createLearner } from '../../core/training/learner.ts';
import { createPolicy } from '../../core/training/policy.ts';
import { lora } from '../../plugins/adapters/lora.ts';
import { expectClose } from '../closeness.ts';
import { tinyCheckpoint as checkpoint } from '../model/tinyCheckpoint.ts';
import { plainRow, plainSteps } from './plainSteps.ts';

const stop = 9;
const digits = (text: string): number[] => Array.from(text, Number);
const tokenizer = { encode: digits } as unknown as Tokenizer;

/** Questions of one to three digits of a vocabulary of ten, and answers of two. */
function sourceOf(size: number | undefined): ProblemSource {
  const problem = (index: number): Problem => ({
    id: `${index}`,
    question: `${(index * 37) % 200}`,
    reference: `${10 + (index % 7)}`,
    family: 'test',
    ...(index % 2 === 0 ? {} : { demonstration: '345' }),
  });
  return { size, hash: 'test', problem };
}

function textOf(size?: number): CalibrationText {
  const promptOf: CalibrationText['promptOf'] = (problem) => ({
    problem,
    text: problem.question,
    ids: digits(problem.question),
  });
  return { train: sourceOf(size), promptOf, tokenizer, stopIds: [stop], contextTokens: 64 };
}

const targets = targetLayers(checkpoint.config).filter(({ kind }) => kind === 'linear');

function collect(kind: CalibrationRequest['kind'], batches: number, seed = 1, model: Checkpoint = checkpoint) {
  return collectCalibration(model, textOf(12), { request: { kind, batches }, targets, seed });
}

describe('batches of training data', () => {
  it('are prompts with their worked completions, else their references, and the stop token', () => {
    const [batch] = calibrationBatches(textOf(3), 1, 1);
    expect(new Set(batch!.map((ids) => ids.join('')))).toEqual(new Set(['0109', '373459', '74129']));
  });

  it('end with the data, go on where it does not end, and keep within the context', () => {
    expect(calibrationBatches(textOf(100), 8, 1).flat()).toHaveLength(100);
    const endless = calibrationBatches({ ...textOf(), contextTokens: 3 }, 3, 1);
    expect(endless).toHaveLength(3);
    expect(Math.max(...endless.flat().map(({ length }) => length))).toBe(3);
  });

  it('come in an order of their own that the seed fixes', () => {
    const order = (seed: number): string => JSON.stringify(calibrationBatches(textOf(100), 8, seed));
    expect(order(1)).toBe(order(1));
    expect(order(1)).not.toBe(order(2));
  });
});

describe('activations', () => {
  it('are the inputs of each layer, one row a token', async () => {
    const { layers } = await collect('activations', 1);
    expect([...layers.keys()]).toEqual(targets.map(({ name }) => name));
    const [batch] = calibrationBatches(textOf(12), 1, 1);
    const tokens = [...batch!.map((ids) => ids[0]!), ...batch!.flatMap((ids) => ids.slice(1))];
    const { hiddenSize: width, rmsNormEpsilon: epsilon } = checkpoint.config;
    const embedding = checkpoint.weights.get('model.embed_tokens.weight')!.data;
    const norm = checkpoint.weights.get('model.layers.0.input_layernorm.weight')!.data;
    const expected = tokens.flatMap((token) => {
      const row = [...embedding.subarray(token * width, (token + 1) * width)];
      const scale = 1 / Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / width + epsilon);
      return row.map((value, i) => value * scale * norm[i]!);
    });
    const { values, batchRows } = layers.get('model.layers.0.self_attn.q_proj')!;
    expectClose(values, Float32Array.from(expected), 1e-5, 'q_proj');
    expect(batchRows).toEqual([tokens.length]);
    expect(layers.get('model.layers.0.self_attn.k_proj')!.values).toBe(values);
    for (const { name, shape } of targets)
      expect(layers.get(name)!.values.length, name).toBe(tokens.length * shape[1]!);
  });

  it('are the same bits for the same seed, and say so by their hash', async () => {
    const [once, again, other] = [
      await collect('activations', 2),
      await collect('activations', 2),
      await collect('activations', 2, 2),
    ];
    expect(again).toEqual(once);
    expect(other.hash).not.toBe(once.hash);
  });
});

describe('gradients', () => {
  it('are those of the mean loss of the next token, by finite differences', async () => {
    const { layers } = await collect('gradients', 2);
    const sequences = calibrationBatches(textOf(12), 2, 1).flat();
    const rows = sequences.map((ids) => plainRow(ids.slice(0, 1), ids.slice(1)));
    const lossAt = async (name: string, place: number, by: number): Promise<number> => {
      const { shape, data } = checkpoint.weights.get(name)!;
      const moved = data.map((value, i) => (i === place ? value + by : value));
      const model = { ...checkpoint, weights: new Map([...checkpoint.weights, [name, { shape, data: moved }]]) };
      const learner = createLearner(model, plainSteps(createPolicy(model, lora, lora.config.parse({ r: 1 }), 1)));
      const logps = (await learner.score(rows, 1, false)).flatMap((row) => [...row]);
      await learner.release();
      return -logps.reduce((sum, logp) => sum + logp, 0) / logps.length;
    };
    const step = 1e-2;
    for (const [layer, place] of [
      ['model.layers.0.self_attn.q_proj', 5],
      ['model.layers.1.mlp.down_proj', 17],
    ] as const) {
      const [up, down] = [await lossAt(`${layer}.weight`, place, step), await lossAt(`${layer}.weight`, place, -step)];
      expectClose([layers.get(layer)!.values[place]!], [(up - down) / (2 * step)], 2e-3, layer);
    }
  });
});

describe('what is refused', () => {
  it('is data in which nothing follows', async () => {
    const silent = { ...tokenizer, encode: () => [] } as unknown as Tokenizer;
    const text = { ...textOf(3), tokenizer: silent, stopIds: [], contextTokens: 1 };
    const options = { request: { kind: 'activations', batches: 1 }, targets, seed: 1 } as const;
    await expect(collectCalibration(checkpoint, text, options)).rejects.toMatchObject({ code: 'dataset/empty' });
  });

  it('is to go on after a stop', async () => {
    const options = {
      request: { kind: 'gradients', batches: 1 },
      targets,
      seed: 1,
      signal: AbortSignal.abort(),
    } as const;
    await expect(collectCalibration(checkpoint, textOf(3), options)).rejects.toMatchObject({ code: 'run/not-running' });
  });
});
