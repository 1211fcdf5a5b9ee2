import { describe, expect, it } from 'vitest';
import { randomStream } from '../../core/tensor/random.ts';
import { plugins } from '../../plugins/index.ts';
import { expectClose } from '../closeness.ts';
import type { MicroBatch } from '../plugins/objectives/lossCases.ts';
import { compileLoss, runTraced, type LossResult } from '../plugins/objectives/policyBatch.ts';
import { configFor } from './pluginConfigs.ts';

const columns = 4;
const lengths = [4, 2, 3];
const advantages = [1.5, 0, -0.75];

/** A micro-batch near its old policy, so that no ratio lies at a clip's edge; padding holds values that must not be seen. */
function microBatch(padding: number): MicroBatch {
  const rows = lengths.length;
  const random = randomStream(9, 'objectives');
  const mask = Float32Array.from({ length: rows * columns }, (_, i) =>
    Number(i % columns < lengths[Math.floor(i / columns)]!),
  );
  const padded = (values: Float32Array): Float32Array => values.map((value, i) => (mask[i] === 1 ? value : padding));
  const logps = padded(random.uniforms(mask.length).map((value) => -0.1 - 2 * value));
  const near = (): Float32Array =>
    padded(random.uniforms(mask.length).map((value, i) => logps[i]! + 0.1 * (value - 0.5)));
  const active = mask.reduce((sum, value) => sum + value, 0);
  return {
    rows,
    columns,
    logps,
    oldLogps: near(),
    referenceLogps: near(),
    samplingLogps: near(),
    entropies: padded(random.uniforms(mask.length)),
    mask,
    advantages: Float32Array.from(advantages),
    counts: {
      rows,
      localTokens: active,
      globalTokens: active,
      stepRows: rows,
      stepsPerGeneration: 1,
      accumulation: 1,
      maxCompletionTokens: 8,
    },
  };
}

describe.each(plugins.objectives.map((objective) => [objective.id, objective] as const))('%s', (_id, objective) => {
  const config = configFor(objective);
  const requirements = objective.requirements(config);
  const state = objective.state?.initial(config) ?? {};
  const batch = microBatch(-3);

  async function run(...batches: readonly MicroBatch[]): Promise<LossResult[]> {
    const graph = await compileLoss(objective, config, batch, state);
    const results: LossResult[] = [];
    for (const each of batches) results.push(await runTraced(graph, each, state));
    await graph.release();
    return results;
  }

  it('has the gradient of its loss, with respect to log-probabilities and to entropies', async () => {
    const step = 1e-2;
    const tensors = [
      ['logps', 'gradient'],
      ['entropies', 'entropyGradient'],
    ] as const;
    const places = Array.from(batch.mask.keys());
    const shifted = (name: 'logps' | 'entropies', place: number, by: number): MicroBatch => ({
      ...batch,
      [name]: batch[name].map((value, i) => (i === place ? value + by : value)),
    });
    for (const [name, gradient] of tensors) {
      const moved = places.flatMap((place) => [shifted(name, place, step), shifted(name, place, -step)]);
      const [here, ...around] = await run(batch, ...moved);
      const differences = places.map((place) => (around[2 * place]!.loss - around[2 * place + 1]!.loss) / (2 * step));
      expectClose(here![gradient], differences, 2e-4, `gradient of ${name}`);
    }
  });

  it('gives padding no part: neither in the loss, nor in a gradient, nor in a metric', async () => {
    const [plain, other] = await run(batch, microBatch(-1));
    expect(other).toEqual(plain);
    for (const gradient of [plain!.gradient, plain!.entropyGradient]) {
      expect(gradient.filter((value, i) => batch.mask[i] === 0 && value !== 0)).toEqual(new Float32Array());
    }
  });

  it('names metrics as sums with weights that are not negative', async () => {
    const [result] = await run(batch);
    expect(Object.keys(result!.metrics).length).toBeGreaterThan(0);
    for (const [name, { sum, weight }] of Object.entries(result!.metrics)) {
      expect(sum, name).toSatisfy(Number.isFinite);
      expect(weight, name).toBeGreaterThanOrEqual(0);
    }
  });

  it('asks of the sampler and the trainer what fits together', async () => {
    expect(requirements.minimumGroupSize).toBeGreaterThanOrEqual(requirements.advantage === 'group' ? 2 : 1);
    expect(requirements.rollouts).toBe(requirements.advantage !== 'supervised');
    expect(requirements.beta).toBeGreaterThanOrEqual(0);
    if (!requirements.skipsZeroAdvantage) return;
    const [result] = await run(batch);
    const idle = result!.gradient.filter((value, i) => advantages[Math.floor(i / columns)] === 0 && value !== 0);
    expect(idle).toEqual(new Float32Array());
  });

  it('asks for a reference policy only where it reads one', async () => {
    const other = { ...batch, referenceLogps: batch.referenceLogps.map((value) => value - 0.5) };
    const [plain, moved] = await run(batch, other);
    expect(moved!.loss === plain!.loss).toBe(requirements.beta === 0);
  });

  it('keeps its own state a list of finite numbers of the same names', () => {
    const next = objective.state?.next(config, state, {}) ?? {};
    expect(Object.keys(next)).toEqual(Object.keys(state));
    for (const value of Object.values(state)) expect(value).toSatisfy(Number.isFinite);
  });
});
