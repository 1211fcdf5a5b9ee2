import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RewardFunction } from '../../core/contracts/reward.ts';
import type { JudgedCompletion } from '../../core/training/generation.ts';
import type { TrainerOptions } from '../../core/training/trainerOptions.ts';
import { prepareTiny, recordTraining } from './tinyTraining.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'rlvr-dynamic-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const rollout = { group_size: 2, batch_size: 8, max_prompt_tokens: 64, max_completion_tokens: 8 };

async function prepared(score: RewardFunction, own: Partial<TrainerOptions> = {}): Promise<TrainerOptions> {
  const options = await prepareTiny(mkdtempSync(path.join(root, 'run-')), {
    rollout,
    training: { steps: 2 },
    evaluation: { before: false, problems: 4 },
  });
  const rewards = [{ name: 'test', weight: 1, score }];
  return { ...options, generation: { ...options.generation, rewards }, verifier: 0, ...own };
}

/** Whether the completions of a prompt get different rewards. */
const teaches = (prompt: string): boolean =>
  Array.from(prompt, (c) => c.charCodeAt(0)).reduce((a, b) => a + b) % 2 === 0;
const someTeach: RewardFunction = ({ prompt, completionIds }) => ({
  value: teaches(prompt) ? completionIds.reduce((sum, id) => sum + id, 0) : 0,
});
const noneTeaches: RewardFunction = () => ({ value: 1 });

describe('dynamic sampling', () => {
  it('fills a batch with groups whose rewards differ, and tells what it left out', async () => {
    const options = await prepared(someTeach, { dynamicSampling: { maxBatches: 20, atLimit: 'fail' } });
    const { steps, generations, progress } = await recordTraining(options);
    for (const [i, rows] of [...generations.values()].entries()) {
      const groups = rows.length / 2;
      const kept = Array.from({ length: groups }, (_, g) => rows.slice(2 * g, 2 * g + 2)).filter(([row]) =>
        teaches(row!.prompt.text),
      );
      const trained = rows.filter(({ advantage }) => advantage !== 0);
      expect(trained).toHaveLength(8);
      expect(trained.every(({ prompt }) => teaches(prompt.text))).toBe(true);
      expect(steps[i]).toMatchObject({
        'dynamic_sampling/groups': groups,
        'dynamic_sampling/kept': kept.length / groups,
        'dynamic_sampling/filled': 1,
      });
      // Told of everything that was sampled.
      expect(steps[i]!['reward/zero_variance_groups']).toBeCloseTo(1 - kept.length / groups, 12);
      expect(steps[i]!['rollout/tokens']).toBe(rows.reduce((sum, row) => sum + row.completion.ids.length, 0));
    }
    expect(progress.batches).toBe(steps.reduce((sum, values) => sum + values['dynamic_sampling/batches']!, 0));
    expect(progress.batches).toBeGreaterThan(2);
    expect(progress.problems).toBe(steps.reduce((sum, values) => sum + values['dynamic_sampling/groups']!, 0));
    // Nobody is asked twice, and no two batches draw the same random numbers.
    const prompts = [...generations.values()].flat().map(({ prompt }) => prompt.problem.id);
    expect(new Set(prompts).size).toBe(prompts.length / 2);
  });

  it('trains on the groups there are at the limit, or on as many as ever with advantage 0', async () => {
    const limited = (atLimit: 'smaller' | 'fill') =>
      prepared(someTeach, { dynamicSampling: { maxBatches: 1, atLimit } }).then(recordTraining);
    const [smaller, fill] = [await limited('smaller'), await limited('fill')];
    expect(smaller.steps[0]!['dynamic_sampling/filled']).toBeLessThan(1);
    expect(smaller.steps[0]!['dynamic_sampling/filled']).toBe(fill.steps[0]!['dynamic_sampling/filled']);
    // DAPO divides by the tokens of the whole batch, those of groups with advantage 0 included.
    expect(fill.steps[0]!['grad_norm']).toBeLessThan(smaller.steps[0]!['grad_norm']!);
    expect(fill.steps[0]!['grad_norm']).toBeGreaterThan(0);
  });

  it.each(['smaller', 'fill'] as const)(
    'without any group that teaches makes steps without a gradient: %s',
    async (atLimit) => {
      const options = await prepared(noneTeaches, { dynamicSampling: { maxBatches: 2, atLimit } });
      const { steps } = await recordTraining(options);
      expect(steps.map((values) => [values['grad_norm'], values['dynamic_sampling/filled']])).toEqual([
        [0, 0],
        [0, 0],
      ]);
    },
  );

  it('ends the run at the limit where that is wanted', async () => {
    const options = await prepared(noneTeaches, { dynamicSampling: { maxBatches: 2, atLimit: 'fail' } });
    await expect(recordTraining(options)).rejects.toThrow(
      expect.objectContaining({
        code: 'training/no-signal',
        message: expect.stringContaining('0 of 4 groups') as string,
      }),
    );
  });

  it('leaves out groups that were cut off altogether, where such completions are masked', async () => {
    const options = await prepared(someTeach, {
      dynamicSampling: { maxBatches: 2, atLimit: 'smaller' },
      maskTruncated: true,
    });
    // Enough tokens end a completion that some end, and some do not.
    const stopIds = Array.from({ length: 12 }, (_, id) => id);
    const { generations } = await recordTraining({ ...options, generation: { ...options.generation, stopIds } });
    const groupsOf = (rows: readonly JudgedCompletion[]): JudgedCompletion[][] =>
      Array.from({ length: rows.length / 2 }, (_, group) => rows.slice(2 * group, 2 * group + 2));
    const isCutOff = (group: readonly JudgedCompletion[]): boolean =>
      !group.some(({ completion }) => completion.finished);
    // Where nothing in a batch teaches anything, all of it makes a step without a gradient.
    const batches = [...generations.values()]
      .map(groupsOf)
      .filter((groups) => groups.some((group) => !isCutOff(group) && group.some(({ advantage }) => advantage !== 0)));
    expect(batches.length).toBeGreaterThan(0);
    const cutOff = batches.flat().filter(isCutOff);
    expect(cutOff.length).toBeGreaterThan(0);
    expect(cutOff.flatMap((group) => group.map(({ advantage }) => advantage))).toEqual(cutOff.flatMap(() => [0, 0]));
  });
});

describe('rewards that fail in training', () => {
  const failing: RewardFunction = ({ completionIds }) => {
    if (completionIds[0]! % 3 === 0) throw new Error('broken');
    return { value: completionIds.reduce((sum, id) => sum + id, 0) };
  };

  it('mask their completions, are counted, and the run goes on', async () => {
    const { steps, generations, failures } = await recordTraining(await prepared(failing));
    const rows = [...generations.values()].flat();
    const broken = rows.filter(({ completion }) => completion.ids[0]! % 3 === 0);
    expect(broken.length).toBeGreaterThan(0);
    expect(broken.map(({ advantage }) => advantage)).toEqual(broken.map(() => 0));
    expect(steps.reduce((sum, values) => sum + values['reward/failures']!, 0)).toBe(broken.length);
    expect(failures).toHaveLength(broken.length);
    expect(failures[0]).toMatchObject({ reward: 'test', reason: 'threw', message: 'threw: broken' });
  });

  it('on all completions end it with an error that says why', async () => {
    const options = await prepared(() => ({ value: NaN }));
    await expect(recordTraining(options)).rejects.toThrow(
      expect.objectContaining({
        code: 'reward/failed',
        message: expect.stringContaining('gave the value NaN') as string,
      }),
    );
  });
});
