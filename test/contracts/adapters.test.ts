import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream } from '../../core/tensor/random.ts';
import { checkTrainedTensors } from '../../core/training/invariants.ts';
import { createLearner } from '../../core/training/learner.ts';
import { createMergedWeights } from '../../core/training/mergedWeights.ts';
import { cutMicroBatches, type TrainingRow } from '../../core/training/microBatch.ts';
import { createPolicy, trainableParameters, type Policy } from '../../core/training/policy.ts';
import { sft } from '../../plugins/objectives/sft.ts';
import { sgd } from '../../plugins/optimizers/sgd.ts';
import { expectClose } from '../closeness.ts';
import {
  checkpoint,
  copyOfBase,
  createAdapterBench,
  perturbed,
  type AdapterBench,
  type Values,
} from './adapterBench.ts';
import { adapterCases } from './adapterCases.ts';

async function mergedWeights(policy: Policy, parameters: Values): Promise<Values> {
  const graph = await createMergedWeights(checkpoint, policy);
  const weights = await graph.of({ parameters });
  await graph.release();
  return new Map([...weights].map(([name, { data }]) => [name, data]));
}

function expectSameWeights(actual: Values, expected: Values, tolerance: number): void {
  for (const [name, values] of expected) expectClose(actual.get(name), values, tolerance, name);
}

const row: TrainingRow = (() => {
  const zeros = [0, 0, 0];
  const logps = { policyLogps: zeros, samplingLogps: zeros, oldLogps: zeros };
  return { prompt: [1, 2], ids: [3, 4, 5], ...logps, advantage: 1, active: true };
})();

describe.each(adapterCases)('$name', ({ adapter, options, gradientIsPartial = false }) => {
  const config = adapter.config.parse(options);
  const base = copyOfBase();
  const policy = createPolicy(checkpoint, adapter, config, 1);
  const values = perturbed(policy);
  let bench: AdapterBench;
  beforeAll(async () => {
    bench = await createAdapterBench(policy);
  });
  afterAll(() => bench.release());

  it('attaches the same way from the same seed, and writes to no base weight', () => {
    const again = createPolicy(checkpoint, adapter, config, 1);
    expect(again.parameters).toEqual(policy.parameters);
    expect(again.replaced).toEqual(policy.replaced);
    expect(copyOfBase()).toEqual(base);
  });

  it('finds nothing wrong with this configuration', () => {
    const findings = adapter.check?.(config, [...policy.targets.values()]) ?? [];
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('names its parameters once each, by their layer, with values that fit their shapes', () => {
    const names = policy.parameters.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const shared = new Set(policy.plan.shared.map(({ name }) => name));
    for (const { name, layer, shape, values: own, scaling, trainable, movedByHook } of policy.parameters) {
      expect(own.length, name).toBe(shape.reduce((product, size) => product * size, 1));
      expect(own.every(Number.isFinite), name).toBe(true);
      expect(scaling, name).toBeGreaterThan(0);
      expect(trainable && movedByHook === true, name).toBe(false);
      if (shared.has(name)) expect(layer, name).toBeUndefined();
      else expect(name.startsWith(`${layer?.name}.`), name).toBe(true);
    }
    expect(trainableParameters(policy).length).toBeGreaterThan(0);
    expect([...policy.plan.layers.keys()]).toEqual([...policy.targets.keys()]);
  });

  it('starts at the base if it says so, and only then', async () => {
    const start = await mergedWeights(policy, new Map(policy.parameters.map(({ name, values: own }) => [name, own])));
    const furthest = [...base].reduce((most, [name, weights]) => {
      const merged = start.get(name)!;
      return weights.reduce((far, value, i) => Math.max(far, Math.abs(value - merged[i]!)), most);
    }, 0);
    expect(furthest < 1e-5).toBe(adapter.isIdentityAtStart(config));
  });

  it('merges to what its forward computes', async () => {
    const { outputs } = await bench.run(values);
    for (const [layer, { forward, merged }] of outputs) expectClose(forward, merged, 1e-5, layer);
  });

  it('gives every trained tensor a gradient, and the right one', async () => {
    const { gradients } = await bench.run(values);
    const step = 1e-2;
    for (const [name, gradient] of gradients) {
      expect(gradient.every(Number.isFinite) && gradient.some((value) => value !== 0), name).toBe(true);
      const start = values.get(name);
      if (start === undefined || gradientIsPartial) continue;
      const places = randomStream(11, name).permutation(start.length).slice(0, 2);
      for (const place of places) {
        const shifted = (by: number): Values =>
          new Map([...values, [name, start.map((value, i) => (i === place ? value + by : value))]]);
        const [up, down] = [await bench.run(shifted(step)), await bench.run(shifted(-step))];
        const difference = (up.loss - down.loss) / (2 * step);
        expectClose([gradient[place]!], [difference], 5e-3, `${name}[${place}]`);
      }
    }
  });

  it('trains the tensors that it declares and no others', async () => {
    const learner = createLearner(checkpoint, {
      policy,
      objective: sft,
      objectiveConfig: sft.config.parse({}),
      optimizer: sgd,
      optimizerConfig: sgd.config.parse({}),
      maxGradNorm: 1,
      oldIsCurrent: true,
    });
    const before = learner.state;
    const counts = { globalTokens: 3, stepRows: 1, stepsPerGeneration: 1, maxCompletionTokens: 3 };
    await learner.step(cutMicroBatches([row], 100), { learningRate: 0.1, temperature: 1, totalSteps: 4, counts });
    const check = checkTrainedTensors(policy, before, learner.state);
    expect(check).toMatchObject({ passed: true, value: trainableParameters(policy).length });
    const moved = [...learner.state.parameters].filter(([name, now]) =>
      now.some((value, i) => value !== before.parameters.get(name)?.[i]),
    );
    expect(moved.length).toBeGreaterThan(0);
    await learner.release();
    expect(copyOfBase()).toEqual(base);
  });

  it('means the same model after it was written for PEFT and read again, where PEFT has it', async () => {
    const stored = policy.parameters.map((parameter) => ({ ...parameter, values: values.get(parameter.name)! }));
    const peft = adapter.toPeft(config, stored, 'a-base');
    if (peft === undefined) return;
    for (const [name, tensor] of peft.tensors) {
      expect(name.startsWith('base_model.'), name).toBe(true);
      expect(tensor.values.length, name).toBe(tensor.shape.reduce((product, size) => product * size, 1));
    }
    const written = { ...peft, config: JSON.parse(JSON.stringify(peft.config)) as typeof peft.config };
    const [found] = adapterCases.flatMap(({ adapter: reader }) => {
      const read = reader.fromPeft(written);
      return 'refused' in read ? [] : [{ reader, read }];
    });
    const { reader, read } = found!;
    const again = createPolicy(checkpoint, reader, read.config, 99);
    const restored = new Map(
      again.parameters.map(({ name, values: own }) => [name, read.parameters.get(name)?.values ?? own]),
    );
    for (const name of read.parameters.keys()) expect(restored.has(name), name).toBe(true);
    expectSameWeights(await mergedWeights(again, restored), await mergedWeights(policy, values), 2e-5);
  });
});
