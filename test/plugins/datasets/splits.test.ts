import { describe, expect, it } from 'vitest';
import { firstProblems } from '../../../core/conformance/datasetBehaviours.ts';
import type { Dataset } from '../../../core/contracts/dataset.ts';
import { arithmetic } from '../../../plugins/datasets/arithmetic/arithmetic.ts';
import { countdown } from '../../../plugins/datasets/countdown.ts';
import { modular } from '../../../plugins/datasets/modular.ts';
import { sorting } from '../../../plugins/datasets/sorting.ts';
import { openDataset } from './openDataset.ts';

const splits = ['train', 'selection', 'report'] as const;
const seeds = [0, 1, 42, 2 ** 32 - 1];
const settings: [string, Dataset, Record<string, unknown>[]][] = [
  [
    'arithmetic',
    arithmetic,
    [
      {},
      { families: ['linear', 'chains'] },
      { families: ['linear'], solutions: [0, 9] },
      { operations: [2, 2], results: [0, 20], operands: [1, 20] },
      { operations: [1, 8], results: [-999, 999], operands: [0, 500], operators: { '+': 1, '/': 3 } },
    ],
  ],
  ['countdown', countdown, [{}, { count: [3, 3], numbers: [1, 12] }, { worked: 0 }]],
  ['modular', modular, [{}, { operations: [1, 2], moduli: [7, 7] }, { operators: { '*': 1 }, operands: [0, 300] }]],
  ['sorting', sorting, [{}, { answer: 'place' }, { orders: ['descending'], count: [4, 4], numbers: [0, 30] }]],
];

describe.each(settings)('%s', (_, dataset, configs) => {
  it('never has a question in two splits, whatever the seeds and settings', async () => {
    const home = new Map<string, string>();
    const cases = configs.flatMap((options) =>
      seeds.flatMap((seed) => splits.map((split) => ({ options, seed, split }))),
    );
    for (const { options, seed, split } of cases) {
      for (const { question } of firstProblems(await openDataset(dataset, options, { split, seed }), 200)) {
        expect(home.get(question) ?? split, question).toBe(split);
        home.set(question, split);
      }
    }
    expect(home.size).toBeGreaterThan(2_000);
  });

  it.each(['selection', 'report'] as const)('has 512 distinct problems in its %s split', async (split) => {
    for (const seed of seeds) {
      const problems = firstProblems(await openDataset(dataset, {}, { split, seed }), 512);
      expect(new Set(problems.map(({ question }) => question)).size).toBe(512);
      expect(new Set(problems.map(({ id }) => id)).size).toBe(512);
    }
  });

  it.each(splits)('gives the same problem at an index, in any order of asking (%s)', async (split) => {
    const inOrder = firstProblems(await openDataset(dataset, {}, { split }), 60);
    const source = await openDataset(dataset, {}, { split });
    const backwards = inOrder.map((_, index) => source.problem(59 - index)).reverse();
    expect(backwards).toEqual(inOrder);
  });

  it('gives other problems for another seed', async () => {
    const [one, other] = [await openDataset(dataset, {}, { seed: 1 }), await openDataset(dataset, {}, { seed: 2 })];
    expect(firstProblems(one, 20)).not.toEqual(firstProblems(other, 20));
    expect(one.hash).not.toBe(other.hash);
  });

  it('names its content by a hash of settings, split and seed', async () => {
    const hashes = new Set<string>();
    for (const options of configs) {
      for (const split of splits) {
        hashes.add((await openDataset(dataset, options, { split })).hash);
      }
    }
    expect(hashes.size).toBe(configs.length * splits.length);
    expect([...hashes]).toContain((await openDataset(dataset, {}, { split: 'train' })).hash);
  });

  it('demonstrates in two habits, by the share asked for', async () => {
    for (const [worked, least, most] of [
      [0, 0, 0],
      [0.5, 0.4, 0.6],
      [1, 1, 1],
    ] as const) {
      const problems = firstProblems(await openDataset(dataset, { worked }), 400);
      const stepwise = problems.filter(({ demonstration }) => !demonstration?.startsWith('<think></think>'));
      expect(stepwise.length / problems.length).toBeGreaterThanOrEqual(least);
      expect(stepwise.length / problems.length).toBeLessThanOrEqual(most);
    }
  });
});

describe('a split that has too few problems', () => {
  it('is refused when opened if it is empty', async () => {
    const impossible = { operands: [50, 60], results: [0, 20] };
    await expect(openDataset(arithmetic, impossible)).rejects.toMatchObject({
      code: 'dataset/empty',
      message: expect.stringContaining('holds no problem with these settings') as string,
    });
  });

  it('says how many there are when more are asked for', async () => {
    const few = { families: ['linear'], coefficients: [2, 4], constants: [1, 5], solutions: [0, 9] };
    const source = await openDataset(arithmetic, few, { split: 'report' });
    expect(() => firstProblems(source, 512)).toThrow(/report split .* no more than \d+ distinct problems/u);
    const train = await openDataset(arithmetic, few, { split: 'train' });
    expect(firstProblems(train, 2_000)).toHaveLength(2_000);
  });
});
