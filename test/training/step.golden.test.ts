import { describe, expect, it } from 'vitest';
import type { SafetensorsFile } from '../../core/model/safetensors.ts';
import { activeTokens, type TrainingRow } from '../../core/training/microBatch.ts';
import type { StepNumbers, StepReport } from '../../core/training/learner.ts';
import { learningRateAt, scheduleSchema } from '../../core/training/schedule.ts';
import { slotName } from '../../core/training/stepGraph.ts';
import { plugins } from '../../plugins/index.ts';
import { expectClose } from '../closeness.ts';
import { hasGolden } from '../goldenFolder.ts';
import { activeOf, activeValues, takeMicroBatch, type MicroBatchRecord } from './microBatchRecord.ts';
import { notCovered, openStepTensors, readStepCase, stepCaseNames } from './stepCases.ts';
import { entropiesOf, openReplay, parametersBelow, replayBatch, type Replay } from './stepReplay.ts';

const tolerance = 1e-4;

/** What the loss is given: advantages, old and reference log-probabilities. */
function expectInputs({ rows, tensors, prefix }: MicroBatchRecord): void {
  const advantages = tensors.readFloat32(`${prefix}advantages`);
  expectClose(
    rows.map((row) => row.advantage),
    advantages,
    tolerance,
    `${prefix}advantages`,
  );
  const given = [
    ['old_per_token_logps', (row: TrainingRow) => row.oldLogps],
    ['ref_per_token_logps', (row: TrainingRow) => row.referenceLogps ?? []],
  ] as const;
  for (const [name, values] of given) {
    if (!tensors.names.includes(prefix + name)) continue;
    expectClose(activeOf(rows, values), activeValues({ rows, tensors, prefix }, name), tolerance, prefix + name);
  }
}

/** The means over micro-batches that TRL logs, from each micro-batch alone: the product's own means weigh them by their tokens. */
async function meanMetrics(
  { learner }: Replay,
  parts: readonly (readonly TrainingRow[])[],
  numbers: StepNumbers,
): Promise<Record<string, number>> {
  const before = learner.state;
  const sums: Record<string, number> = {};
  for (const rows of parts) {
    const { metrics } = await learner.step([{ rows, tokens: 0 }], numbers);
    learner.restore(before);
    for (const [name, value] of Object.entries(metrics)) sums[name] = (sums[name] ?? 0) + value / parts.length;
  }
  return sums;
}

function expectLogs(
  log: Readonly<Record<string, number | string>>,
  actual: Readonly<Record<string, number>>,
  what: string,
): void {
  for (const [name, value] of Object.entries(log)) {
    const expected = Number(value);
    if (Number.isNaN(expected)) continue;
    expectClose([actual[name] ?? NaN], [expected], tolerance, `${what} ${name}`);
  }
}

/** Makes one optimizer step from TRL's micro-batches and compares everything that it leaves. */
async function replayStep(
  replay: Replay,
  records: readonly MicroBatchRecord[],
  rows: readonly TrainingRow[],
  batchMetrics: Readonly<Record<string, number>>,
): Promise<void> {
  const { learner, plan, entry } = replay;
  const tensors = records[0]!.tensors;
  const { step } = learner.state;
  const schedule = scheduleSchema.parse(plan.schedule);
  const learningRate = learningRateAt(schedule, step, entry.optimizer_steps, plan.learningRate);
  const numbers: StepNumbers = {
    learningRate,
    temperature: plan.temperature,
    totalSteps: entry.optimizer_steps,
    counts: {
      globalTokens: activeTokens(rows),
      stepRows: records.reduce((sum, record) => sum + record.rows.length, 0),
      stepsPerGeneration: plan.stepsPerGeneration,
      maxCompletionTokens: plan.maxTokens,
    },
  };
  for (const record of records) {
    expectInputs(record);
    const entropies = await entropiesOf(replay, record.rows);
    expectClose(
      activeOf(record.rows, (_, i) => entropies[i]!),
      activeValues(record, 'entropies'),
      tolerance,
      `${record.prefix}entropies`,
    );
  }
  const alone = records.map((record) => record.rows);
  const means = await meanMetrics(replay, alone, numbers);
  const report: StepReport = await learner.step(
    alone.map((own) => ({ rows: own, tokens: 0 })),
    numbers,
  );
  for (const [i, record] of records.entries()) {
    let at = 0;
    const logps = record.rows.map((row) => report.logps[i]!.slice(at, (at += row.ids.length)));
    const own = activeOf(record.rows, (_, r) => logps[r]!);
    expectClose(own, activeValues(record, 'per_token_logps'), tolerance, `${record.prefix}per_token_logps`);
    expectClose([report.losses[i]!], tensors.readFloat32(`${record.prefix}loss`), tolerance, `${record.prefix}loss`);
  }
  const own = {
    ...means,
    ...batchMetrics,
    loss: report.loss,
    grad_norm: report.gradNorm,
    learning_rate: learningRate,
    step: step + 1,
  };
  expectLogs(entry.logs[step] ?? {}, own, `step ${step}`);
  expectParameters(replay, tensors, step);
}

function expectParameters({ learner }: Replay, tensors: SafetensorsFile, step: number): void {
  const adapters = parametersBelow(tensors, `step${step}.adapter.`);
  const gradients = parametersBelow(tensors, `step${step}.grad.`);
  expect([...adapters.keys()].sort()).toEqual([...learner.state.parameters.keys()].sort());
  expect([...gradients.keys()].sort()).toEqual([...adapters.keys()].sort());
  for (const [name, values] of adapters) {
    const gradient = learner.state.slots.get(slotName(name, 'gradient'));
    expectClose(gradient, gradients.get(name)!, tolerance, `step ${step} gradient of ${name}`);
    expectClose(learner.state.parameters.get(name), values, tolerance, `step ${step} ${name}`);
  }
}

describe('trl/step', () => {
  const names = stepCaseNames();
  if (names.length === 0) {
    it.skip('no trl/step in the golden folder');
    return;
  }
  for (const name of names) {
    const entry = readStepCase(name);
    const missing = hasGolden(entry.model_folder)
      ? notCovered(
          entry,
          plugins.objectives.map(({ id }) => id),
        )
      : `the model ${entry.model_folder}`;
    if (missing !== undefined) {
      it.skip(`${name}: not covered, ${missing}`);
      continue;
    }
    it(name, async () => {
      const tensors = openStepTensors(name);
      const replay = await openReplay(entry, tensors);
      const { plan, learner } = replay;
      let micro = 0;
      for (let generation = 0; learner.state.step < entry.optimizer_steps; generation++) {
        const { rows, metrics } = await replayBatch(replay, generation);
        let left: TrainingRow[] = [];
        for (let pass = 0; pass < plan.iterations * plan.stepsPerGeneration; pass++) {
          if (learner.state.step >= entry.optimizer_steps) break;
          if (pass % plan.stepsPerGeneration === 0) left = [...rows];
          const records = Array.from({ length: plan.accumulation }, () => takeMicroBatch(tensors, micro++, left));
          await replayStep(replay, records, rows, pass === 0 ? metrics : {});
        }
      }
      expect(micro).toBe(entry.micro_batches);
      await learner.release();
      tensors.close();
    });
  }
});
