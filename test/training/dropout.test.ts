import { describe, expect, it } from 'vitest';
import type { Adapter } from '../../core/contracts/adapter.ts';
import { dropoutFeeds } from '../../core/training/dropout.ts';
import { createLearner, type Learner } from '../../core/training/learner.ts';
import { cutMicroBatches } from '../../core/training/microBatch.ts';
import { checkGap } from '../../core/training/invariants.ts';
import { createPolicy, trainableParameters, type Policy } from '../../core/training/policy.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { lora } from '../../plugins/adapters/lora.ts';
import { plugins } from '../../plugins/index.ts';
import { expectClose } from '../closeness.ts';
import { perturbed } from '../contracts/adapterBench.ts';
import { tinyCheckpoint as checkpoint } from '../model/tinyCheckpoint.ts';
import { plainRow, plainSteps } from './plainSteps.ts';

const rows = [
  [3, 4, 5],
  [6, 7],
].map((ids) => plainRow([1, 2], ids));

const rate = 0.4;

function policyOf(adapter: Adapter, dropout: number): Policy {
  const options = { target_modules: ['q_proj', 'down_proj'], [adapter.aliases?.['dropout'] ?? '']: dropout };
  return createPolicy(checkpoint, adapter, adapter.config.parse({ ...adapter.examples?.[0], ...options }), 1);
}

function learnerOf(policy: Policy, seed = 1): Learner {
  const learner = createLearner(checkpoint, plainSteps(policy, { seed }));
  learner.restore({ ...learner.state, parameters: perturbed(policy) });
  return learner;
}

function step(learner: Learner, tokens = 100): ReturnType<Learner['step']> {
  const counts = { globalTokens: 5, stepRows: 2, stepsPerGeneration: 1, maxCompletionTokens: 3 };
  return learner.step(cutMicroBatches(rows, tokens), { learningRate: 1, temperature: 1, totalSteps: 4, counts });
}

describe('masks', () => {
  const policy = policyOf(lora, rate);
  const [layer, other] = [...policy.targets.keys()] as [string, string];
  const maskOf = (seed: number, at: number, batch: number, name = layer): Uint8Array =>
    dropoutFeeds(policy, new Map([[name, rate]]), { tokens: 4000 }, { seed, step: at, batch })[`dropout.${name}`]!;

  it('keep a share of 1 - rate, each value by itself', () => {
    const mask = maskOf(1, 1, 0);
    const width = policy.targets.get(layer)!.shape[1]!;
    expect(mask.length).toBe(4000 * width);
    const deviation = (count: number): number => 5 * Math.sqrt((rate * (1 - rate)) / count);
    const share = (values: Uint8Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.abs(share(mask) - (1 - rate))).toBeLessThan(deviation(mask.length));
    for (let feature = 0; feature < width; feature++) {
      const column = mask.filter((_, at) => at % width === feature);
      expect(Math.abs(share(column) - (1 - rate)), `feature ${feature}`).toBeLessThan(deviation(column.length));
    }
    const pairs = mask.slice(1).filter((value, at) => value === 1 && mask[at] === 1).length / (mask.length - 1);
    expect(Math.abs(pairs - (1 - rate) ** 2)).toBeLessThan(2 * deviation(mask.length));
  });

  it('are those of their seed, step, micro-batch and layer', () => {
    const bits = (mask: Uint8Array): string => Buffer.from(mask).toString('base64');
    const masks = [maskOf(1, 1, 0), maskOf(2, 1, 0), maskOf(1, 2, 0), maskOf(1, 1, 1), maskOf(1, 1, 0, other)].map(
      bits,
    );
    expect(new Set(masks).size).toBe(masks.length);
    expect(bits(maskOf(1, 1, 0))).toBe(masks[0]);
  });
});

const dropping = plugins.adapters.filter(({ aliases }) => aliases?.['dropout'] !== undefined);

describe.each(dropping.map((adapter) => ({ id: adapter.id, adapter })))('$id', ({ adapter }) => {
  it('trains through the mask of the step: gradients by finite differences', async () => {
    const policy = policyOf(adapter, rate);
    const learner = learnerOf(policy);
    const start = learner.state;
    const { loss } = await step(learner);
    const after = learner.state.parameters;
    const lossAt = async (name: string, place: number, by: number): Promise<number> => {
      const moved = start.parameters.get(name)!.map((value, i) => (i === place ? value + by : value));
      learner.restore({ ...start, parameters: new Map([...start.parameters, [name, moved]]) });
      return (await step(learner)).loss;
    };
    const size = 1e-2;
    let largest = 0;
    for (const { name, values } of adapter.partialGradient === undefined ? trainableParameters(policy) : []) {
      const [place = 0] = randomStream(5, name).permutation(values.length);
      const gradient = start.parameters.get(name)![place]! - after.get(name)![place]!;
      const difference = ((await lossAt(name, place, size)) - (await lossAt(name, place, -size))) / (2 * size);
      expectClose([gradient], [difference], 5e-3, `${name}[${place}]`);
      largest = Math.max(largest, Math.abs(gradient));
    }
    if (adapter.partialGradient === undefined) expect(largest).toBeGreaterThan(1e-3);
    learner.restore(start);
    expect((await step(learner)).loss).toBe(loss);
    await learner.release();
  });

  it('drops in training, and only there', async () => {
    const [with40, without] = [learnerOf(policyOf(adapter, rate)), learnerOf(policyOf(adapter, 0))];
    const [dropped, kept] = [await with40.score(rows, 1, true), await without.score(rows, 1, true)];
    dropped.forEach((logps, row) => {
      expectClose(logps, kept[row]!, 1e-5, `row ${row}`);
    });
    const losses = [await step(with40), await step(without)].map(({ loss }) => loss);
    expect(Math.abs(losses[0]! - losses[1]!)).toBeGreaterThan(1e-5);
    await Promise.all([with40.release(), without.release()]);
  });
});

describe('what a step does', () => {
  it('depends on the seed, and on the micro-batch', async () => {
    const lossOf = async (seed: number, tokens: number): Promise<number> => {
      const learner = learnerOf(policyOf(lora, rate), seed);
      const { loss } = await step(learner, tokens);
      await learner.release();
      return loss;
    };
    expect(new Set([await lossOf(1, 100), await lossOf(2, 100), await lossOf(1, 4)]).size).toBe(3);
  });

  it('tells the gap between sampler and trainer, and demands nothing of it', () => {
    const report = { metrics: { 'logps/gap_max': 0.5 } };
    expect(checkGap(policyOf(lora, rate), report)).toMatchObject({ passed: true, value: 0.5 });
    expect(checkGap(policyOf(lora, rate), report).explanation).toMatch(/drops inputs/);
    expect(() => checkGap(policyOf(lora, 0), report)).toThrow(/not the same policy/);
  });
});

describe('an adapter that is not as it says is refused', () => {
  const secret = (forward: Adapter['forward']): Adapter => ({ ...lora, ...(forward === undefined ? {} : { forward }) });

  it.each<[string, number, Adapter['forward'], RegExp]>([
    ['dropout that it did not declare', 0, (layer, x) => layer.dropout(x, 0.5), /usesDropout/],
    ['a rate that is none', rate, (layer, x) => layer.dropout(x, 1.5), /rate of 1.5/],
    ['two rates', rate, (layer, x) => layer.dropout(layer.dropout(x, 0.5), 0.1), /two rates/],
  ])('%s', async (_, given, forward, message) => {
    const policy = { ...policyOf(lora, given), adapter: secret(forward) };
    const learner = learnerOf(policy);
    await expect(step(learner)).rejects.toThrow(message);
    await learner.release();
  });
});
