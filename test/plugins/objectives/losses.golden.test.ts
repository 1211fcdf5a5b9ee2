import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LossBatch, LossResult } from '../../../core/conformance/objectiveBench.ts';
import { schemaKeys } from '../../../core/experiment/schemaKeys.ts';
import { openSafetensors } from '../../../core/model/safetensors.ts';
import { compileLoss, runLoss } from '../../../core/conformance/objectiveBench.ts';
import type { Objective } from '../../../core/contracts/objective.ts';
import type { CompiledGraph } from '../../../core/tensor/compile.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { plugins } from '../../../plugins/index.ts';
import { rloo } from '../../../plugins/objectives/rloo.ts';
import { expectClose } from '../../closeness.ts';
import { goldenPath, hasGolden } from '../../goldenFolder.ts';
import type { LossCase, LossFile } from './lossCases.ts';
import { microBatches, optionsOf, readLossFile } from './lossCases.ts';
import { runEagerly } from './runEagerly.ts';
import { trlOptions } from './trlOptions.ts';

/** The options that the objective has. TRL reads the others for another loss type alone. */
function configOf(objective: Objective, options: Readonly<Record<string, unknown>>): unknown {
  const known = schemaKeys(objective.config, [], {}) ?? [];
  const chosen = [...trlOptions, 'rollout_clip_min', 'rollout_clip_max']
    .filter((key) => known.includes(key))
    .map((key) => [key, options[key]] as const);
  const rollout = options['rollout_correction'] ?? 'none';
  return objective.config.parse({ ...Object.fromEntries(chosen), rollout_correction: rollout });
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

/** Traced losses by objective, options and names of the state: cases on several batches share theirs. */
const graphs = new Map<string, Promise<CompiledGraph>>();

function traced(
  objective: Objective,
  config: unknown,
  batch: LossBatch,
  state: Readonly<Record<string, number>>,
): Promise<CompiledGraph> {
  const key = JSON.stringify([objective.id, config, Object.keys(state)]);
  const known = graphs.get(key) ?? compileLoss(objective, config, batch, state);
  graphs.set(key, known);
  return known;
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
  const graph = run === 'traced' ? await traced(objective, config, batches[0]!, state) : undefined;
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
  afterAll(async () => {
    file.inputs.close();
    file.results.close();
    for (const graph of graphs.values()) await (await graph).release();
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

/** TRL's RLOO on one batch, with its advantages given. */
interface RlooCase {
  readonly id: number;
  readonly batch: string;
  readonly epsilon: number;
  readonly epsilon_high: number | null;
  readonly loss: number | string;
  readonly metrics: Readonly<Record<string, readonly (number | string)[]>>;
}

describe('trl/losses of RLOO', () => {
  if (!hasGolden('trl', 'losses', 'rloo.json')) {
    it.skip('no trl/losses/rloo.json in the golden folder');
    return;
  }
  const text = readFileSync(goldenPath('trl', 'losses', 'rloo.json'), 'utf8');
  const { cases } = JSON.parse(text) as { readonly cases: readonly RlooCase[] };
  const file = readLossFile();
  const gradients = openSafetensors(goldenPath('trl', 'losses', 'rloo.safetensors'));
  beforeAll(() => tf.setBackend('cpu'));
  afterAll(() => {
    for (const open of [file.inputs, file.results, gradients]) open.close();
  });
  for (const { id, batch, epsilon, epsilon_high, loss, metrics } of cases) {
    it(`case ${id} ${batch} epsilon ${epsilon}, ${epsilon_high}`, async () => {
      const config = rloo.config.parse({ epsilon, epsilon_high });
      const lengths = Array.from(file.inputs.read(`${batch}.lengths`), Number);
      const [whole] = microBatches(file, {
        id,
        batch,
        options: {},
        losses: [],
        metrics: {},
        mask_row_sums: lengths,
        num_items_in_batch: lengths.reduce((sum, length) => sum + length, 0),
      });
      const graph = await compileLoss(rloo, config, whole!);
      const results = [runEagerly(rloo, config, whole!), await runLoss(graph, whole!)];
      await graph.release();
      for (const result of results) {
        expectClose([result.loss], [Number(loss)], 1e-6, 'loss');
        expectClose(result.gradient, gradients.readFloat32(`case${id}.grad`), 1e-6, 'gradient');
        const own = stepMetrics([result]);
        for (const [name, values] of Object.entries(metrics))
          expectMetric([own[name] ?? Infinity], values.map(Number), name);
      }
    });
  }
});
