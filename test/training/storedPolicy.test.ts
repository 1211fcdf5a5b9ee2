import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCatalog } from '../../core/container.ts';
import type { Adapter, CalibrationRequest, LayerCalibration } from '../../core/contracts/adapter.ts';
import { parseModelConfig } from '../../core/model/modelConfig.ts';
import { parseSafetensors } from '../../core/model/safetensors.ts';
import { writeSafetensors, type SafetensorsTensor } from '../../core/model/writeSafetensors.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { targetLayers } from '../../core/training/adapterTargets.ts';
import type { LearnerState } from '../../core/training/learner.ts';
import { createMergedWeights } from '../../core/training/mergedWeights.ts';
import { createPolicy, parameterValues, type Policy } from '../../core/training/policy.ts';
import { startingPolicy, trainedPolicy } from '../../core/training/startingPolicy.ts';
import { policyLayout, restorePolicy } from '../../core/training/storedPolicy.ts';
import { readTrainingState, writeTrainingState } from '../../core/training/trainingState.ts';
import { lora } from '../../plugins/adapters/lora.ts';
import { plugins } from '../../plugins/index.ts';
import { perturbed } from '../contracts/adapterBench.ts';
import { temporaryFolder, tinyConfig } from '../model/modelFolders.ts';
import { tinyCheckpoint as checkpoint } from '../model/tinyCheckpoint.ts';

const catalog = createCatalog(plugins);

/** Made-up data of the base, for adapters that start from it. */
function calibrationOf({ kind }: CalibrationRequest): ReadonlyMap<string, LayerCalibration> {
  const layers = targetLayers(checkpoint.config).filter((layer) => layer.kind === 'linear');
  return new Map(
    layers.map(({ name, shape: [out = 0, inputs = 0] }) => {
      const rows = kind === 'activations' ? 40 : out;
      return [name, { kind, values: randomStream(2, name).normals(rows * inputs) }];
    }),
  );
}

function policyOf(adapter: Adapter, options: object = {}): Policy {
  const config = adapter.config.parse({ ...adapter.examples?.[0], ...options });
  const request = adapter.calibration?.(config);
  return createPolicy(checkpoint, adapter, config, 1, request && calibrationOf(request));
}

function stateOf(policy: Policy): LearnerState {
  return { step: 3, parameters: perturbed(policy), slots: new Map(), objective: {} };
}

/** An adapter that must not plan or attach again. */
function sealed(adapter: Adapter): Adapter {
  const refuse = (): never => {
    throw new Error('planned or attached again');
  };
  return { ...adapter, plan: refuse, attach: refuse, targets: refuse };
}

async function mergedOf(policy: Policy, state: LearnerState): Promise<unknown> {
  const merged = await createMergedWeights(checkpoint, policy);
  const weights = await merged.of(state);
  await merged.release();
  return weights;
}

describe.each(catalog.all('adapter').map((adapter) => ({ id: adapter.id, adapter })))('$id', ({ adapter }) => {
  it('is the same policy after it was stored, without planning, drawing or decomposing again', async () => {
    const policy = policyOf(adapter);
    const state = stateOf(policy);
    const folder = temporaryFolder();
    writeTrainingState(folder, state, policy, { keepsStart: true });
    const stored = readTrainingState(folder);
    expect(stored.state).toEqual(state);
    const restored = restorePolicy(checkpoint.config, sealed(adapter), policy.adapterConfig, stored.policy);
    expect(restored.parameters).toEqual(policy.parameters);
    expect(restored.replaced).toEqual(policy.replaced);
    expect([...restored.targets]).toEqual([...policy.targets]);
    expect(restored.plan.shared).toEqual(policy.plan.shared);
    expect(policyLayout(restored)).toEqual(policyLayout(policy));
    expect(await mergedOf(restored, state)).toEqual(await mergedOf(policy, state));
  });

  it('starts a new run where another one has ended', () => {
    const policy = policyOf(adapter);
    const state = stateOf(policy);
    const folder = temporaryFolder();
    writeTrainingState(folder, state, policy);
    const started = startingPolicy(
      checkpoint.config,
      adapter,
      policy.adapterConfig,
      readTrainingState(folder),
      'run 1',
    );
    expect(parameterValues(started)).toEqual(state.parameters);
    expect(started.replaced).toEqual(policy.replaced);
    expect(started.startsFrom).toBe('run 1');
  });
});

describe('what is stored', () => {
  it('has the values of the start only where they are asked for', () => {
    const policy = policyOf(lora);
    const [plain, whole] = [temporaryFolder(), temporaryFolder()];
    writeTrainingState(plain, stateOf(policy), policy);
    writeTrainingState(whole, stateOf(policy), policy, { keepsStart: true });
    const valuesIn = (folder: string) => readTrainingState(folder).policy.values;
    expect(valuesIn(plain)).toEqual(stateOf(policy).parameters);
    expect(valuesIn(whole)).toEqual(parameterValues(policy));
  });

  it('leaves out of a plan what was for attaching alone, and refuses what it cannot hold', () => {
    const policy = policyOf(lora);
    const [name] = policy.targets.keys();
    const withOptions = (options: unknown): Policy => ({
      ...policy,
      plan: { ...policy.plan, layers: new Map([[name!, options]]) },
    });
    const kept = policyLayout(withOptions({ rank: 2, lists: [1, [true, 'a']], parts: new Float32Array(3) }));
    expect(kept.layers[0]?.options).toEqual({ rank: 2, lists: [1, [true, 'a']] });
    for (const wrong of [NaN, () => 1, new Map()]) {
      expect(() => policyLayout(withOptions({ deep: { wrong } }))).toThrow(/option "wrong"/);
    }
  });
});

/** The file of a policy's state, with its tensors and metadata changed. */
function damaged(change: (tensors: Map<string, SafetensorsTensor>, metadata: Map<string, string>) => void): {
  folder: string;
  policy: Policy;
} {
  const policy = policyOf(lora);
  const folder = temporaryFolder();
  writeTrainingState(folder, stateOf(policy), policy);
  const file = path.join(folder, 'state.safetensors');
  const stored = parseSafetensors(readFileSync(file));
  const tensors = new Map(stored.names.map((name) => [name, { ...stored.info(name), data: stored.read(name) }]));
  const metadata = new Map(stored.metadata);
  change(tensors, metadata);
  writeSafetensors(file, tensors, Object.fromEntries(metadata));
  return { folder, policy };
}

describe('a state that cannot be continued from is refused', () => {
  const parameter = 'parameter/model.layers.0.self_attn.q_proj.lora_A';
  const tensor = { dtype: 'F32', shape: [1], data: new Float32Array(1) } as const;

  it.each<[string, Parameters<typeof damaged>[0], RegExp]>([
    ['of the earlier format', (_, metadata) => metadata.delete('version'), /its format is 1/],
    ['of another program', (_, metadata) => metadata.set('format', 'pt'), /not a training state/],
    ['without its layout', (_, metadata) => metadata.delete('policy'), /does not say what its adapter/],
    ['with a layout that is none', (_, metadata) => metadata.set('policy', '{"adapter":1}'), /expected string/],
    ['without a step', (_, metadata) => metadata.set('step', 'two'), /its step "two"/],
    ['with an objective that is none', (_, metadata) => metadata.set('objective', '['), /objective/],
    ['without a parameter', (tensors) => tensors.delete(parameter), /lora_A" is missing/],
    ['with a parameter of another size', (tensors) => tensors.set(parameter, tensor), /another size/],
    ['with a parameter of another', (tensors) => tensors.set('parameter/x', tensor), /"x" is not one/],
    ['with a weight of another size', (tensors) => tensors.set('replaced/model.norm', tensor), /"model.norm" is not/],
  ])('%s', (_, change, message) => {
    const { folder } = damaged(change);
    expect(() => readTrainingState(folder)).toThrow(message);
    expect(() => readTrainingState(folder)).toThrow(expect.objectContaining({ code: 'run/corrupt' }));
  });

  it('that is of another adapter or another model', () => {
    const { folder, policy } = damaged(() => undefined);
    const other = { ...lora, id: 'other' };
    expect(() => trainedPolicy(checkpoint.config, other, policy.adapterConfig, folder)).toThrow(/"lora".*"other"/);
    const wider = parseModelConfig({ ...tinyConfig, hidden_size: 12 });
    expect(() => trainedPolicy(wider, lora, policy.adapterConfig, folder)).toThrow(
      /another model: model\.layers\.0\.self_attn\.q_proj was \[8, 8\] with a bias, is \[12, 12\] with a bias; .*more/,
    );
  });

  it('that a new run’s configuration would not make', () => {
    const { folder, policy } = damaged(() => undefined);
    const config = { ...(policy.adapterConfig as object), r: 1 };
    expect(() => startingPolicy(checkpoint.config, lora, config, readTrainingState(folder), 'run 1')).toThrow(
      /run 1.*lora_A: the experiment has \[1, 8\]/,
    );
  });
});
