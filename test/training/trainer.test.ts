import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RewardFunction } from '../../core/contracts/reward.ts';
import { rewardMetricNames, stepMetricNames } from '../../core/metricNames.ts';
import type { TrainerOptions } from '../../core/training/trainerOptions.ts';
import { expectClose } from '../closeness.ts';
import { prepareTiny, recordTraining, type TinyChanges, type TrainingRecord } from './tinyTraining.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'rlvr-trainer-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const training = { steps: 2, checkpoint_every: 1 };
const rollout = { group_size: 2, batch_size: 8, max_prompt_tokens: 64, max_completion_tokens: 8 };
const evaluation = { before: false, problems: 4 };

/** The tiny experiment in a folder of its own. */
function prepared(changes: TinyChanges = {}): Promise<TrainerOptions> {
  return prepareTiny(mkdtempSync(path.join(root, 'run-')), { training, rollout, evaluation, ...changes });
}

/** The same with a reward made for the test. */
function rewarded(options: TrainerOptions, score: RewardFunction): TrainerOptions {
  return { ...options, generation: { ...options.generation, rewards: [{ name: 'test', weight: 1, score }] } };
}

/** A reward that tells completions apart. */
const sumOfIds: RewardFunction = ({ completionIds }) => ({ value: completionIds.reduce((sum, id) => sum + id, 0) });

function worstDifference(a: TrainingRecord, b: TrainingRecord): number {
  const values = [...a.state.parameters].flatMap(([name, own]) =>
    Array.from(own, (value, i) => Math.abs(value - (b.state.parameters.get(name)?.[i] ?? NaN))),
  );
  return values.reduce((worst, value) => Math.max(worst, value), 0);
}

describe('the metrics of a step', () => {
  it('are all there in each, also where a generation batch is used more than once', async () => {
    const { steps, metrics } = await recordTraining(
      await prepared({
        training: { ...training, steps: 5, num_iterations: 2, steps_per_generation: 2 },
        evaluation: { ...evaluation, before: true, every: 4 },
      }),
    );
    const rewards = ['repetition_penalty', 'exact_answer'].flatMap(rewardMetricNames);
    const [before, ...trained] = steps;
    expect(Object.keys(before!).filter((name) => name.startsWith('evaluation/'))).not.toEqual([]);
    expect(trained).toHaveLength(5);
    for (const values of trained) {
      expect(Object.keys(values)).toEqual(expect.arrayContaining([...stepMetricNames, ...rewards]));
      expect(Object.entries(values).filter(([, value]) => !Number.isFinite(value))).toEqual([]);
    }
    const accuracies = ['evaluation/accuracy', 'evaluation/low', 'evaluation/high'];
    for (const step of [0, 4, 5]) expect(Object.keys(metrics.get(step)!)).toEqual(expect.arrayContaining(accuracies));
    expect(metrics.get(3)).not.toHaveProperty('evaluation/accuracy');
  });

  it('count a generation batch once: its tokens and its time belong to the first of its steps', async () => {
    const { steps } = await recordTraining(
      rewarded(
        await prepared({ learning_rate: 0.3, training: { ...training, steps: 4, num_iterations: 2 } }),
        sumOfIds,
      ),
    );
    expect(steps.map((values) => (values['rollout/tokens'] ?? NaN) > 0)).toEqual([true, false, true, false]);
    expect(steps.map((values) => (values['time/rollout'] ?? NaN) > 0)).toEqual([true, false, true, false]);
    expect(steps[1]!['logps/gap_max']).toBe(steps[0]!['logps/gap_max']);
    expect(steps[1]!['reward/mean']).toBe(steps[0]!['reward/mean']);
    expect(steps[1]!['entropy']).not.toBe(steps[0]!['entropy']);
  });

  it('measure the KL from the base, at first 0 and then not', async () => {
    const { steps } = await recordTraining(await prepared({ learning_rate: 0.3, training: { ...training, steps: 3 } }));
    expect(Math.abs(steps[0]!['kl']!)).toBeLessThan(1e-6);
    expect(steps[2]!['kl']).toBeGreaterThan(1e-5);
  });
});

describe('micro-batches', () => {
  it.each(['dapo', 'grpo', 'dr_grpo'])('of any size make the same step and the same metrics: %s', async (type) => {
    const run = async (tokens: number): Promise<TrainingRecord> =>
      recordTraining(
        rewarded(
          await prepared({
            training: { ...training, num_iterations: 2, micro_batch_tokens: tokens },
            objective: { type, beta: 0.1, epsilon: 0.01 },
            adapter: { type: 'full' },
            optimizer: { type: 'sgd' },
            learning_rate: 0.5,
          }),
          sumOfIds,
        ),
      );
    const [whole, cut, single] = [await run(10_000), await run(70), await run(1)];
    for (const other of [cut, single]) {
      expect(worstDifference(whole, other)).toBeLessThan(1e-6);
      for (const [step, values] of whole.metrics) {
        expect(Object.keys(other.metrics.get(step)!)).toEqual(Object.keys(values));
        for (const [name, value] of Object.entries(values))
          expectClose([other.metrics.get(step)![name]!], [value], 1e-5, `step ${step} ${name}`);
      }
    }
    expect(whole.metrics.get(2)!['clip_ratio/region_mean']).toBeGreaterThan(0);
  });
});

describe('rows of advantage 0', () => {
  // Half of the groups, by the parity of their prompt, get one reward for all.
  const score: RewardFunction = ({ prompt, completionIds }) => ({
    value: prompt.length % 2 === 0 ? 0 : completionIds.reduce((sum, id) => sum + id, 0),
  });

  it('are left out without a difference in the step or its metrics', async () => {
    const own = rewarded(await prepared({ optimizer: { type: 'sgd' }, learning_rate: 0.5 }), score);
    const counted: number[] = [];
    const { objective } = own.step;
    const everything = {
      ...own,
      step: {
        ...own.step,
        objective: {
          ...objective,
          requirements: (config: unknown) => ({ ...objective.requirements(config), skipsZeroAdvantage: false }),
        },
      },
    };
    const [skipped, all] = [await recordTraining(own), await recordTraining(everything)];
    for (const [step, values] of all.metrics) {
      counted.push(values['reward/zero_variance_groups']!);
      for (const [name, value] of Object.entries(values)) {
        // The gap is measured on what is computed.
        if (name.startsWith('logps/gap')) continue;
        expectClose([skipped.metrics.get(step)![name]!], [value], 1e-5, `step ${step} ${name}`);
      }
    }
    expect(Math.max(...counted)).toBeGreaterThan(0);
    expect(Math.min(...counted)).toBeLessThan(1);
    expect(worstDifference(skipped, all)).toBeLessThan(1e-6);
  });

  it('alone make a step without a gradient', async () => {
    const { steps } = await recordTraining(rewarded(await prepared(), () => ({ value: 1 })));
    expect(steps.map((values) => values['grad_norm'])).toEqual([0, 0]);
    expect(steps.map((values) => values['reward/zero_variance_groups'])).toEqual([1, 1]);
  });

  it('are what completions get that no reward judged', async () => {
    const { steps } = await recordTraining(rewarded(await prepared(), () => ({ value: undefined })));
    expect(steps.map((values) => [values['grad_norm'], values['reward/unjudged']])).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });
});

describe('a loss that is not a number', () => {
  const explosive = { learning_rate: 1e30, adapter: { type: 'full' } };

  it('ends the run at the last good checkpoint and names a tensor', async () => {
    const options = await prepared({ ...explosive, training: { ...training, steps: 5 } });
    const reached: number[] = [];
    const failure = await recordTraining(options, { onDidReachCheckpoint: ({ step }) => reached.push(step) }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'training/not-finite', fields: { checkpoint: reached.at(-1) } });
    expect(failure).toHaveProperty('message', expect.stringMatching(/"model\.embed_tokens\.weight"/));
    expect(failure).toHaveProperty('message', expect.stringMatching(`checkpoint is that of step ${reached.at(-1)}`));
    expect(reached.length).toBeGreaterThan(0);
  });

  it('keeps the state of before the step', async () => {
    const options = await prepared({ ...explosive, training: { ...training, steps: 5 } });
    const states: ReadonlyMap<string, Float32Array>[] = [];
    await recordTraining(options, { onDidReachCheckpoint: ({ parameters }) => states.push(parameters) }).catch(
      () => undefined,
    );
    for (const parameters of states)
      for (const [name, values] of parameters) expect(values.every(Number.isFinite), name).toBe(true);
  });
});
