import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LossResult } from '../../../core/conformance/objectiveBench.ts';
import { compileLoss, runLoss } from '../../../core/conformance/objectiveBench.ts';
import type { Objective } from '../../../core/contracts/objective.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { plugins } from '../../../plugins/index.ts';
import { expectClose } from '../../closeness.ts';
import { goldenPath, hasGolden } from '../../goldenFolder.ts';
import type { LossCase, LossFile } from './lossCases.ts';
import { microBatches, optionsOf, readLossFile } from './lossCases.ts';
import { runEagerly } from './runEagerly.ts';

const schemaKeys = [
  'importance_sampling_level',
  'beta',
  'epsilon',
  'epsilon_high',
  'delta',
  'use_bias_correction_kl',
  'top_entropy_quantile',
  'off_policy_mask_threshold',
  'entropy_coef',
  'use_adaptive_entropy',
  'entropy_coef_min',
  'entropy_coef_max',
  'entropy_coef_delta',
  'entropy_target',
  'rollout_clip_min',
  'rollout_clip_max',
];

function configOf(objective: Objective, options: Readonly<Record<string, unknown>>): unknown {
  const chosen = Object.fromEntries(schemaKeys.map((key) => [key, options[key]]));
  return objective.config.parse({ ...chosen, rollout_correction: options['rollout_correction'] ?? 'none' });
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

/** Where TRL has no value (NaN) there must be none; the others are compared. */
function expectMetric(actual: readonly number[], expected: readonly number[], name: string): void {
  expect(actual.map(Number.isNaN), name).toEqual(expected.map(Number.isNaN));
  const isKnown = (value: number): boolean => !Number.isNaN(value);
  expectClose(actual.filter(isKnown), expected.filter(isKnown), 1e-5, name);
}

/** Checks what the micro-batches of a case gave, in order; `coefficients` are those after each optimizer step. */
function expectCase(
  file: LossFile,
  entry: LossCase,
  results: readonly LossResult[],
  coefficients: readonly number[],
): void {
  const losses = results.map(({ loss }) => loss);
  expectClose(losses, entry.losses.map(Number), 1e-6, 'losses');
  const gradient = concatenated(results.map((result) => result.gradient));
  expectClose(gradient, file.results.readFloat32(`case${entry.id}.grad`), 1e-6, 'gradient');
  if (file.results.names.includes(`case${entry.id}.entropy_grad`)) {
    const own = concatenated(results.map((result) => result.entropyGradient));
    expectClose(own, file.results.readFloat32(`case${entry.id}.entropy_grad`), 1e-6, 'gradient of the entropies');
  }
  for (const [name, values] of Object.entries(entry.metrics)) {
    const own = results.map((result) => stepMetrics([result])[name] ?? Infinity);
    expectMetric(name === 'entropy_coef' ? coefficients : own, values.map(Number), name);
  }
}

async function runCase(
  objective: Objective,
  file: LossFile,
  entry: LossCase,
  run: 'eager' | 'traced',
): Promise<{ results: LossResult[]; coefficients: number[] }> {
  const options = optionsOf(file, entry);
  const config = configOf(objective, options);
  const batches = microBatches(file, entry);
  const accumulation = batches[0]?.counts.accumulation ?? 1;
  let state = objective.state?.initial(config) ?? {};
  const graph = run === 'traced' ? await compileLoss(objective, config, batches[0]!, state) : undefined;
  const results: LossResult[] = [];
  const coefficients: number[] = [];
  for (const [index, batch] of batches.entries()) {
    results.push(
      graph === undefined ? runEagerly(objective, config, batch, state) : await runLoss(graph, batch, state),
    );
    if ((index + 1) % accumulation !== 0) continue;
    const window = results.slice(index + 1 - accumulation);
    state = objective.state?.next(config, state, stepMetrics(window)) ?? {};
    coefficients.push(state['entropy_coef'] ?? Number(options['entropy_coef']));
  }
  await graph?.release();
  return { results, coefficients };
}

/** A step's metrics, as the trainer makes them of its micro-batches. */
function stepMetrics(window: readonly LossResult[]): Record<string, number> {
  const total = (name: string, part: 'sum' | 'weight'): number =>
    window.reduce((sum, { metrics }) => sum + (metrics[name]?.[part] ?? 0), 0);
  const names = Object.keys(window[0]?.metrics ?? {});
  return Object.fromEntries(names.map((name) => [name, total(name, 'sum') / total(name, 'weight')]));
}

describe('trl/losses', () => {
  if (!hasGolden('trl', 'losses', 'cases.json')) {
    it.skip('no trl/losses/cases.json in the golden folder');
    return;
  }
  const file = readLossFile();
  beforeAll(() => tf.setBackend('cpu'));
  afterAll(() => {
    file.inputs.close();
    file.results.close();
  });
  for (const entry of file.cases) {
    const type = String(optionsOf(file, entry)['loss_type']);
    const objective = plugins.objectives.find(({ id }) => id === type);
    const title = `case ${entry.id} ${entry.batch} ${JSON.stringify(entry.options)}`;
    if (objective === undefined) {
      it.skip(`${title}: not covered, there is no objective named ${type}`);
      continue;
    }
    it(title, async () => {
      for (const run of ['eager', 'traced'] as const) {
        const { results, coefficients } = await runCase(objective, file, entry, run);
        expectCase(file, entry, results, coefficients);
      }
    });
  }
});

describe('trl/losses of RLOO', () => {
  if (!hasGolden('trl', 'losses', 'rloo.json')) {
    it.skip('no trl/losses/rloo.json in the golden folder');
    return;
  }
  const { cases } = JSON.parse(readFileSync(goldenPath('trl', 'losses', 'rloo.json'), 'utf8')) as Pick<
    LossFile,
    'cases'
  >;
  for (const { id, batch } of cases) it.skip(`case ${id} ${batch}: not covered, there is no objective named rloo`);
});
