import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parameterValues } from '../../core/training/policy.ts';
import { referenceValues, withSyncedReference } from '../../core/training/referenceSync.ts';
import { readTrainingState, writeTrainingState } from '../../core/training/trainingState.ts';
import { bitsOf, loadTiny, prepareTiny, recordTraining, type TinyChanges } from './tinyTraining.ts';
import { writeTinyExperiment } from '../runs/tinyExperiment.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'rlvr-reference-sync-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});
const emptyFolder = (): string => mkdtempSync(path.join(root, 'run-'));

const training = { steps: 4, checkpoint_every: 2, reference: 'initial', sync_ref_model: true };
const followed: TinyChanges = {
  objective: { type: 'grpo', beta: 0.1 },
  adapter: { type: 'lora', r: 4, init_lora_weights: false },
  training: { ...training, ref_model_sync_steps: 3, ref_model_mixup_alpha: 1 },
  evaluation: { before: false, problems: 4 },
};

describe('a reference that follows the policy', () => {
  it('is the start until it is due, then the mixture', async () => {
    const options = await prepareTiny(emptyFolder(), followed);
    const { policy } = options.step;
    const start = parameterValues(policy);
    const parameters = new Map([...start].map(([name, values]) => [name, values.map((value) => value + 1)]));
    const state = { step: 2, parameters, slots: new Map(), objective: {} };
    const sync = { steps: 3, alpha: 0.25 };
    expect(withSyncedReference(state, policy, sync)).toBe(state);
    const once = withSyncedReference({ ...state, step: 3 }, policy, sync);
    const twice = withSyncedReference({ ...once, step: 6 }, policy, sync);
    for (const { name, values } of policy.parameters) {
      expect(referenceValues(state, policy).get(name)).toEqual(values);
      // 0.25, then 0.25 + 0.75 * 0.25 of the way.
      for (const [synced, share] of [[once, 0.25] as const, [twice, 0.4375] as const]) {
        const own = referenceValues(synced, policy).get(name)!;
        own.forEach((value, i) => {
          expect(value).toBeCloseTo(values[i]! + share, 6);
        });
      }
    }
  });

  it('has a KL of 0 in the batch after each copy, and is saved: a resumed run is the same run', async () => {
    const file = writeTinyExperiment(emptyFolder(), {
      ...followed,
      training: { ...training, steps: 5, ref_model_sync_steps: 2, ref_model_mixup_alpha: 1 },
    });
    const whole = await recordTraining(await loadTiny(file));
    const kls = [1, 2, 3, 4, 5].map((step) => whole.metrics.get(step)!['kl']! > 1e-7);
    expect(kls).toEqual([false, true, false, true, false]);
    const options = await loadTiny(file);
    const stopped = await recordTraining(options, { stopAt: 3 });
    const checkpoint = emptyFolder();
    writeTrainingState(checkpoint, stopped.state, options.step.policy, {
      keepsStart: true,
      progress: stopped.progress,
    });
    const { state, progress } = readTrainingState(checkpoint);
    const resumed = await recordTraining(await loadTiny(file), { resumeFrom: { state, progress } });
    expect(bitsOf(resumed.state)).toEqual(bitsOf(whole.state));
    expect(resumed.metrics.get(5)).toEqual(whole.metrics.get(5));
  });

  it.each([
    ['nothing reads it', { objective: { type: 'grpo' } }, /beta is not 0/],
    ['it is the base', { training: { ...training, reference: 'base' } }, /reference: initial/],
    ['factors are mixed', { training: { ...training, ref_model_mixup_alpha: 0.6 } }, /"lora" are not mixed/],
    ['rotations are mixed', { training, adapter: { type: 'hra', r: 4 } }, /"hra" are not mixed/],
  ])('is refused where %s', async (_, changes: TinyChanges, problem) => {
    const refused = prepareTiny(emptyFolder(), { ...followed, ...changes });
    await expect(refused).rejects.toThrow(problem);
    await expect(refused).rejects.toMatchObject({ code: 'config/invalid' });
  });

  it.each(['full', 'ia3', 'ln_tuning'])('can be mixed where weights are mixed by mixing tensors: %s', async (type) => {
    const adapter = type === 'ia3' ? { type, target_modules: ['k_proj', 'v_proj'], feedforward_modules: [] } : { type };
    const options = await prepareTiny(emptyFolder(), { ...followed, adapter, training });
    expect(options.referenceSync).toEqual({ steps: 512, alpha: 0.6 });
  });

  it('takes the reference in the reward too', async () => {
    const options = await prepareTiny(emptyFolder(), { ...followed, objective: { type: 'rloo' } });
    expect(options.referenceSync).toEqual({ steps: 3, alpha: 1 });
  });
});
