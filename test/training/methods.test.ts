import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createCatalog } from '../../core/container.ts';
import { readTrainingState, writeTrainingState } from '../../core/training/trainingState.ts';
import { plugins } from '../../plugins/index.ts';
import { writeTinyExperiment } from '../runs/tinyExperiment.ts';
import { temporaryFolder } from '../model/modelFolders.ts';
import { bitsOf, loadTiny, recordTraining } from './tinyTraining.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'rlvr-methods-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const catalog = createCatalog(plugins);
const ownMathematics = plugins.adapters.map(({ id }) => id);
/** What a run starts from where nothing is said, or from calibration; those whose residual or optimizer a checkpoint must hold. */
const starts = ['pissa', 'eva', 'lora_ga', 'corda', 'lorafa'].filter((id) =>
  catalog.all('adapter').some((adapter) => adapter.id === id),
);

const settings = {
  rollout: { group_size: 2, batch_size: 4, max_prompt_tokens: 64, max_completion_tokens: 4 },
  training: { steps: 2, checkpoint_every: 1 },
  evaluation: { before: false, problems: 2 },
};

/** Ranks that fit layers of 16 features, for methods that have one. */
function optionsOf(id: string): Readonly<Record<string, unknown>> {
  const { config } = catalog.find('adapter', id);
  const wanted = [{ r: 2 }, { init_r: 3, target_r: 2 }, { rank: 2 }];
  return wanted.find((options) => config.safeParse(options).success) ?? {};
}

describe.each([...ownMathematics, ...starts])('%s', (id) => {
  it('keeps the invariants, and goes on from a checkpoint as if it had never stopped, to the last bit', async () => {
    const adapter = { type: id, ...optionsOf(id) };
    const file = writeTinyExperiment(mkdtempSync(path.join(root, 'run-')), { ...settings, adapter });
    const options = await loadTiny(file);
    const whole = await recordTraining(options);
    const { policy } = options.step;
    const isIdentity = policy.adapter.isIdentityAtStart(policy.adapterConfig);
    expect(whole.checks.map(({ name, passed }) => [name, passed])).toEqual([
      ['identity-at-start', true],
      ['declared-tensors-trained', true],
      ['sampler-is-trainer', true],
    ]);
    const [identity, trained] = whole.checks;
    if (isIdentity) expect(identity!.value).toBeLessThan(identity!.bound);
    expect(trained!.value).toBe(policy.parameters.filter(({ trainable }) => trainable).length);

    const folder = temporaryFolder();
    const [first] = whole.checkpoints;
    writeTrainingState(folder, first!, policy, { progress: whole.progresses[0]! });
    const { policy: resumed, ...resumeFrom } = readTrainingState(folder);
    const rest = await recordTraining(await loadTiny(file, { resumed }), { resumeFrom });
    expect(bitsOf(rest.state)).toEqual(bitsOf(whole.state));
    expect(rest.metrics.get(2)).toEqual(whole.metrics.get(2));
    const own = Object.keys(whole.metrics.get(2)!).filter((name) => name.startsWith('adapter/'));
    if (policy.adapter.hooks?.penalty !== undefined) expect(own).toContain('adapter/penalty');
    for (const name of own) expect(whole.metrics.get(2)![name], name).toSatisfy(Number.isFinite);
  });
});
