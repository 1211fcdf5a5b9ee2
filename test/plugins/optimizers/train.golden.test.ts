import { expect } from 'vitest';
import { hookPrefixes, hookScalars } from '../../../core/training/adapterHooks.ts';
import { policyPrefixes, trainableParameters } from '../../../core/training/policy.ts';
import type { Policy } from '../../../core/training/policy.ts';
import { expectClose } from '../../closeness.ts';
import { describeCases } from '../adapters/describeCases.ts';
import type { Feeds } from '../adapters/netBench.ts';
import { tensorsBelow } from '../adapters/peftCases.ts';
import { listTrainCases, stepTensor, trainedNames } from './trainCases.ts';
import type { TrainBench, TrainStep } from './trainCases.ts';
import { compileTraining } from './trainGraph.ts';

/** Of trajectories, and of what is computed along them. */
const tolerance = 1e-5;

/** The adapter's averages of a step, under PEFT's names: `stepS.exp_avg_ipt.LAYER.lora_A` is the state `LAYER.lora_A.exp_avg_ipt`. */
function expectScores(bench: TrainBench, index: number, before: Feeds, after: Feeds): void {
  const { beta1 } = bench.policy.adapterConfig as { readonly beta1: number };
  for (const kind of ['exp_avg_ipt', 'exp_avg_unc']) {
    for (const [name, { values }] of tensorsBelow(bench.file, `step${index}.${kind}.`))
      expectClose(after[`${hookPrefixes.state}${name}.${kind}`], values, 1e-6, `step ${index} ${kind}.${name}`);
  }
  for (const [name, { values }] of tensorsBelow(bench.file, `step${index}.ipt.`)) {
    const state = `${hookPrefixes.state}${name}.exp_avg_ipt`;
    const [old, fresh] = [before[state]!, after[state]!];
    // At the end of the schedule nothing is averaged any more.
    if (old.every((value, i) => value === fresh[i])) continue;
    const importance = fresh.map((value, i) => (value - beta1 * old[i]!) / (1 - beta1));
    expectClose(importance, values, 1e-6, `step ${index} ipt.${name}`);
  }
}

/** AdaLoRA's budget, which triplets it keeps, and what it was like before those that go were set to zero. */
function expectAllocation(bench: TrainBench, index: number, row: TrainStep, after: Feeds): void {
  if (row.budget === undefined) return;
  // Towards the end of the schedule PEFT gives none.
  if (typeof row.budget === 'number')
    expect(after[`${hookPrefixes.metric}budget`]?.[0], `step ${index}: budget`).toBe(row.budget);
  for (const [name, { values }] of tensorsBelow(bench.file, `step${index}.before_mask.`))
    expectClose(after[`updated ${name}`], values, tolerance, `step ${index} ${name} before the mask`);
  for (const [name, kept] of Object.entries(row.rank_pattern ?? {})) {
    const mask = after[`${policyPrefixes.parameter}${name.replace(/lora_E$/, 'rank_mask')}`];
    expect(Array.from(mask ?? [], Boolean), `step ${index}: triplets of ${name}`).toEqual(kept);
  }
}

/** The losses and gradients of before the step, then every parameter after it. */
function expectStep(bench: TrainBench, index: number, row: TrainStep, after: Feeds): void {
  const { loss, penalty } = { loss: row.task_loss ?? row.loss, penalty: row.penalty ?? 0 };
  expectClose(after['loss'], [loss], tolerance, `step ${index}: loss`);
  expectClose(after['penalty'], [penalty], tolerance, `step ${index}: penalty`);
  for (const { name, trainable } of bench.policy.parameters) {
    const gradient = stepTensor(bench, index, 'grad', name);
    if (trainable)
      expectClose(after[`grad ${name}`], gradient!.values, tolerance, `step ${index}: gradient of ${name}`);
    const value = stepTensor(bench, index, 'value', name);
    if (trainable) expect(value, `step ${index} ${name}`).toBeDefined();
    if (value === undefined) continue;
    const own =
      after[policyPrefixes.parameter + name] ?? bench.policy.parameters.find((other) => other.name === name)!.values;
    expectClose(own, value.values, tolerance, `step ${index} ${name}`);
  }
}

function gradientsOf(bench: TrainBench, index: number): Feeds {
  const trained = trainableParameters(bench.policy);
  return Object.fromEntries(trained.map(({ name }) => [name, stepTensor(bench, index, 'grad', name)!.values]));
}

/** What PEFT saved after the last step, and that its file is read back. */
function expectSaved({ entry, file, policy }: TrainBench, state: Feeds): void {
  if (entry.saved_config === undefined) return;
  const parameters = policy.parameters.map((own) => ({
    ...own,
    values: state[policyPrefixes.parameter + own.name] ?? own.values,
  }));
  const exported = policy.adapter.toPeft(policy.adapterConfig, parameters, 'base')!;
  const saved = tensorsBelow(file, 'saved.');
  const ofTheFolder = ['auto_mapping', 'base_model_name_or_path', 'task_type'];
  const compared = (config: object): object =>
    Object.fromEntries(Object.entries(config).filter(([key]) => !ofTheFolder.includes(key)));
  expect(compared(exported.config)).toEqual(compared(entry.saved_config));
  expect([...exported.tensors.keys()].sort()).toEqual([...saved.keys()].sort());
  for (const [name, { shape, values }] of saved) {
    expect(exported.tensors.get(name)?.shape, name).toEqual(shape);
    expectClose(exported.tensors.get(name)?.values, values, tolerance, name);
  }
  const read = policy.adapter.fromPeft({ config: entry.saved_config, tensors: saved });
  if ('refused' in read) throw new TypeError(read.refused);
  expectKept(policy, state, read.parameters);
}

/** Every triplet that is kept comes back; those that are gone add nothing. */
function expectKept(policy: Policy, state: Feeds, read: ReadonlyMap<string, { readonly values: Float32Array }>): void {
  for (const { name } of trainableParameters(policy)) {
    const own = state[policyPrefixes.parameter + name]!;
    const again = read.get(name)!.values;
    const kept = again.map((value, i) => (value === 0 ? 0 : own[i]!));
    expectClose(again, kept, tolerance, `${name}, read again`);
    if (name.endsWith('.lora_E')) expectClose(again, own, tolerance, `${name}, read again`);
  }
}

describeCases('peft/train', listTrainCases(), async ({ bench }) => {
  const own = bench();
  const { entry, file, policy, net } = own;
  expect(
    trainableParameters(policy)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(trainedNames(own));
  const scalarsOf = (index: number): Readonly<Record<string, number>> =>
    hookScalars(policy, entry.steps[index]?.global_step ?? index + 1, entry.steps.length);
  const graph = await compileTraining(own, Object.keys(scalarsOf(0)));
  const advance = (state: Feeds, index: number): Promise<Feeds> =>
    graph.run(state, gradientsOf(own, Math.min(index, entry.steps.length - 1)), {
      step: index + 1,
      learningRate: entry.lr,
      scalars: scalarsOf(index),
    });
  let state = graph.start;
  for (const [index, row] of entry.steps.entries()) {
    const after = await advance(state, index);
    expectStep(own, index, row, after);
    expectAllocation(own, index, row, after);
    expectScores(own, index, state, after);
    state = { ...state, ...Object.fromEntries(Object.entries(after).filter(([name]) => name in state)) };
  }
  const last = await advance(state, entry.steps.length);
  for (const { name } of net.layers)
    expectClose(last[`y ${name}`], file.readFloat32(`final_y.${name}`), tolerance, `final ${name}`);
  expectSaved(own, state);
  await graph.release();
});
