import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Adapter } from '../../core/contracts/adapter.ts';
import type { Checkpoint } from '../../core/model/checkpoint.ts';
import { checkTrainedTensors } from '../../core/training/invariants.ts';
import { createLearner, type Learner } from '../../core/training/learner.ts';
import { createMergedWeights } from '../../core/training/mergedWeights.ts';
import { cutMicroBatches } from '../../core/training/microBatch.ts';
import { createPolicy, trainableParameters, type Policy } from '../../core/training/policy.ts';
import { createSampler } from '../../core/training/rollout.ts';
import type { TrainerOptions } from '../../core/training/trainerOptions.ts';
import { full } from '../../plugins/adapters/full.ts';
import { lora } from '../../plugins/adapters/lora.ts';
import { expectClose } from '../closeness.ts';
import { plainRow } from './plainSteps.ts';
import { prepareTiny, recordTraining, type TinyChanges } from './tinyTraining.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'rlvr-invariants-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const rollout = { group_size: 4, batch_size: 8, max_prompt_tokens: 64, max_completion_tokens: 8 };

/** One step of the tiny experiment in a folder of its own. */
function prepared(changes: TinyChanges = {}): Promise<TrainerOptions> {
  const training = { steps: 1 };
  const evaluation = { before: false, problems: 4 };
  return prepareTiny(mkdtempSync(path.join(root, 'run-')), { training, rollout, evaluation, ...changes });
}

const adapters = {
  'LoRA on all linear layers': [lora, { r: 4, lora_alpha: 8, target_modules: 'all-linear' }],
  'LoRA with ranks and scalings by layer, rsLoRA': [
    lora,
    { r: 2, use_rslora: true, target_modules: ['q_proj', 'up_proj'], rank_pattern: { q_proj: 4 } },
  ],
  'full fine-tuning': [full, {}],
  'norms and embedding alone': [full, { target_modules: ['embed_tokens', 'norm', 'input_layernorm'] }],
} as const;

const cases = Object.entries(adapters).map(([name, [adapter, config]]) => ({
  name,
  adapter,
  config,
}));

function policyOf(checkpoint: Checkpoint, adapter: Adapter, config: unknown): Policy {
  return createPolicy(checkpoint, adapter, adapter.config.parse(config), 3);
}

/** The same adapter somewhere on its way: every parameter moved. */
function moved(policy: Policy): ReadonlyMap<string, Float32Array> {
  return new Map(
    policy.parameters.map(({ name, values }, p) => [name, values.map((value, i) => value + 0.03 * Math.sin(i + p))]),
  );
}

const rows = [
  [5, 6, 7, 8],
  [9, 10],
  [11, 12, 13],
].map((ids, i) => plainRow([3, 4, 5], ids, i - 0.7));

function makeStep(learner: Learner): ReturnType<Learner['step']> {
  return learner.step(cutMicroBatches(rows, 1000), {
    learningRate: 0.1,
    temperature: 1,
    totalSteps: 1,
    counts: { globalTokens: 9, stepRows: 3, stepsPerGeneration: 1, maxCompletionTokens: 8 },
  });
}

function copyOf(checkpoint: Checkpoint): ReadonlyMap<string, Float32Array> {
  return new Map([...checkpoint.weights].map(([name, { data }]) => [name, Float32Array.from(data)]));
}

describe('the start of a run', () => {
  it('tests and records that the declared tensors are trained, the start is the base, and the sampler is the trainer', async () => {
    const { checks } = await recordTraining(await prepared());
    expect(checks.map(({ name, passed }) => [name, passed])).toEqual([
      ['identity-at-start', true],
      ['declared-tensors-trained', true],
      ['sampler-is-trainer', true],
    ]);
    const [identity, trained, gap] = checks;
    expect(identity!.value).toBeLessThan(identity!.bound);
    expect([trained!.value, trained!.bound]).toEqual([4, 4]);
    expect(gap!.value).toBeLessThan(gap!.bound);
    for (const { bound } of [identity!, gap!]) expect(bound).toBe(1e-4);
  });

  it('has no sampler to compare with in supervised fine-tuning', async () => {
    const changes = { objective: { type: 'sft' }, rewards: [], rollout: { batch_size: 8, max_completion_tokens: 200 } };
    const { checks, steps } = await recordTraining(await prepared(changes));
    expect(checks.map(({ name }) => name)).toEqual(['identity-at-start', 'declared-tensors-trained']);
    expect(steps[0]).not.toHaveProperty('logps/gap_max');
  });

  it('accepts a method that says that it does not start at the base', async () => {
    const { checks } = await recordTraining(await prepared({ adapter: { type: 'lora', init_lora_weights: false } }));
    expect(checks[0]).toMatchObject({ name: 'identity-at-start', passed: true });
    expect(checks[0]!.value).toBeGreaterThan(1e-4);
    expect(checks[0]!.explanation).toMatch(/does not start at the base/);
  });

  it('refuses a method that is not the identity it claims to be', async () => {
    const options = await prepared({ adapter: { type: 'lora', init_lora_weights: false } });
    const { policy } = options.step;
    const claiming = { ...policy, adapter: { ...policy.adapter, isIdentityAtStart: () => true } };
    await expect(recordTraining({ ...options, step: { ...options.step, policy: claiming } })).rejects.toMatchObject({
      code: 'training/invariant',
      fields: { name: 'identity-at-start', bound: 1e-4 },
    });
  });

  it('stops where sampler and trainer are two policies', async () => {
    const options = await prepared({ adapter: { type: 'lora', init_lora_weights: false } });
    const { policy } = options.step;
    const ignored: Adapter = { ...policy.adapter, merged: ({ weight, bias }) => ({ weight, ...(bias && { bias }) }) };
    const step = { ...options.step, policy: { ...policy, adapter: ignored } };
    await expect(recordTraining({ ...options, step })).rejects.toMatchObject({
      code: 'training/invariant',
      fields: { name: 'sampler-is-trainer', bound: 1e-4 },
    });
  });
});

describe('the gap between sampler and trainer', () => {
  it.each([
    ['without filters', {}],
    ['at another temperature', { temperature: 0.7 }],
    ['with filters', { top_k: 12, top_p: 0.9, min_p: 0.02, repetition_penalty: 1.3 }],
    ['with filters, which are the old policy', { top_k: 12, old_logps: 'filtered' }],
  ])('is below 1e-4 in every step %s', async (_, filters) => {
    const training = { steps: 3 };
    const changes = { adapter: { type: 'full' }, rollout: { ...rollout, ...filters }, training };
    const { steps, generations } = await recordTraining(await prepared(changes));
    for (const values of steps) {
      expect(values['logps/gap_max']).toBeLessThan(1e-4);
      expect(values['logps/gap_max']).toBeGreaterThan(0);
    }
    const completions = [...generations.values()].flat().map(({ completion }) => completion);
    const hasFilters = 'top_k' in filters;
    for (const { logps, filteredLogps } of completions) {
      // What is left of a filtered distribution is likelier than it was.
      if (hasFilters && !('repetition_penalty' in filters)) {
        logps.forEach((logp, i) => {
          expect(filteredLogps[i]).toBeGreaterThan(logp);
        });
      }
      if (!hasFilters) expectClose(filteredLogps, logps, 1e-6, 'log-probabilities');
    }
    if (hasFilters) expect(completions.some(({ logps, filteredLogps }) => logps[0] !== filteredLogps[0])).toBe(true);
  });

  it.each([
    ['unfiltered', false],
    ['filtered', true],
  ])('is told from the ratio, which starts from what the experiment says: %s', async (old, isAway) => {
    const changes = { rollout: { ...rollout, top_k: 12, old_logps: old }, objective: { type: 'grpo', epsilon: 0.2 } };
    const { steps } = await recordTraining(await prepared(changes));
    const clipped = steps[0]!['clip_ratio/region_mean']!;
    expect(clipped > 0).toBe(isAway);
  });
});

describe.each(cases)('$name', ({ adapter, config }) => {
  it('computes the same with its own forward and with its merged weights, and leaves the base alone', async () => {
    const { checkpoint, step } = await prepared();
    const before = copyOf(checkpoint);
    const policy = policyOf(checkpoint, adapter, config);
    const learner = createLearner(checkpoint, { ...step, policy });
    learner.restore({ ...learner.state, parameters: moved(policy) });
    const merging = await createMergedWeights(checkpoint, policy);
    const merged = await merging.of(learner.state);
    const plain = createLearner({ ...checkpoint, weights: merged }, { ...step, policy });
    const [own, folded, base] = [
      await learner.score(rows, 1, true),
      await plain.score(rows, 1, false),
      await learner.score(rows, 1, false),
    ];
    own.forEach((logps, row) => {
      expectClose(logps, folded[row]!, 1e-5, `row ${row}`);
      expect(logps).not.toEqual(base[row]);
    });
    await makeStep(learner);
    for (const [name, { data }] of checkpoint.weights) expect(data, name).toEqual(before.get(name));
    await Promise.all([learner.release(), plain.release(), merging.release()]);
  });

  it('starts at the base', async () => {
    const { checkpoint, step } = await prepared();
    const policy = policyOf(checkpoint, adapter, config);
    const learner = createLearner(checkpoint, { ...step, policy });
    const sampler = createSampler(checkpoint.config);
    const merging = await createMergedWeights(checkpoint, policy);
    const prompts = [[3, 4, 5], [6]];
    const base = await sampler.nextLogits(learner.policyFeeds(), prompts);
    expectClose(await sampler.nextLogits(await merging.feeds(learner.state), prompts), base, 1e-4, 'logits');
    await Promise.all([learner.release(), sampler.release(), merging.release()]);
  });

  it('gets gradients in each of its tensors, and nothing else does', async () => {
    const { checkpoint, step } = await prepared();
    const policy = policyOf(checkpoint, adapter, config);
    const learner = createLearner(checkpoint, { ...step, policy });
    learner.restore({ ...learner.state, parameters: moved(policy) });
    const before = learner.state;
    await makeStep(learner);
    expect(checkTrainedTensors(policy, before, learner.state)).toMatchObject({ passed: true });
    const trained = trainableParameters(policy).map(({ name }) => name);
    expect(trained).toEqual([...before.parameters.keys()]);
    for (const name of trained)
      expect(learner.state.parameters.get(name), name).not.toEqual(before.parameters.get(name));
    await learner.release();
  });
});

describe('a frozen tensor of an adapter', () => {
  const halfFrozen: Adapter = {
    ...(lora as Adapter),
    attach: (context) => ({
      parameters: lora
        .attach(context as Parameters<typeof lora.attach>[0])
        .parameters.map((spec) => (spec.role === 'lora_A' ? { ...spec, trainable: false } : spec)),
    }),
  };

  it('stays as it is while its partner is trained', async () => {
    const { checkpoint, step } = await prepared();
    const policy = policyOf(checkpoint, halfFrozen, { r: 4 });
    const learner = createLearner(checkpoint, { ...step, policy });
    const before = learner.state;
    await makeStep(learner);
    const after = learner.state;
    expect(checkTrainedTensors(policy, before, after)).toMatchObject({ passed: true, value: 2, bound: 2 });
    for (const { name, role } of policy.parameters)
      expect(after.parameters.get(name) === before.parameters.get(name), name).toBe(role === 'lora_A');
    expect([...after.slots.keys()].filter((name) => name.includes('lora_A'))).toEqual([]);
    await learner.release();
  });

  it('that is trained all the same is found out', async () => {
    const { checkpoint, step } = await prepared();
    const policy = policyOf(checkpoint, lora, { r: 4 });
    const learner = createLearner(checkpoint, { ...step, policy });
    const before = learner.state;
    await makeStep(learner);
    const declared = policyOf(checkpoint, halfFrozen, { r: 4 });
    expect(() => checkTrainedTensors(declared, before, learner.state)).toThrow(/declares 2 trained tensors.*lora_A/);
    await learner.release();
  });
});
