import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Dataset, ProblemSource, Split } from '../../core/contracts/dataset.ts';
import { plugins } from '../../plugins/index.ts';
import { firstProblems } from '../plugins/datasets/openDataset.ts';
import { configFor } from './pluginConfigs.ts';

const splits: readonly Split[] = ['train', 'selection', 'report'];
const baseFolder = mkdtempSync(path.join(tmpdir(), 'datasets-'));
afterAll(() => rmSync(baseFolder, { recursive: true }));

const lines = Array.from({ length: 400 }, (_, i) =>
  JSON.stringify({ question: `What is ${i}+${i}?`, answer: String(2 * i) }),
);
writeFileSync(path.join(baseFolder, 'problems.jsonl'), `${lines.join('\n')}\n`);

function open(dataset: Dataset, split: Split, seed = 7): Promise<ProblemSource> {
  return dataset.open(configFor(dataset), { split, seed, baseFolder });
}

describe.each(plugins.datasets.map((dataset) => [dataset.id, dataset] as const))('%s', (_id, dataset) => {
  it('has splits that never overlap, whatever the seeds they are opened with', async () => {
    const home = new Map<string, Split>();
    for (const seed of [1, 7]) {
      for (const split of splits) {
        const problems = firstProblems(await open(dataset, split, seed), 100);
        expect(problems.length).toBeGreaterThan(0);
        for (const { question } of problems) {
          expect(home.get(question) ?? split, question).toBe(split);
          home.set(question, split);
        }
      }
    }
  });

  it.each(splits)('gives the same problems from the same seed, in any order of asking (%s)', async (split) => {
    const problems = firstProblems(await open(dataset, split), 20);
    const again = await open(dataset, split);
    expect(problems.map((_, i) => again.problem(problems.length - 1 - i)).reverse()).toEqual(problems);
    expect(again.hash).toBe((await open(dataset, split)).hash);
    expect(new Set(problems.map(({ id }) => id)).size).toBe(problems.length);
  });

  it('gives problems that can be asked and checked', async () => {
    for (const split of splits) {
      for (const { id, question, reference, family } of firstProblems(await open(dataset, split), 20)) {
        for (const text of [id, question, reference, family]) expect(text.trim(), id).not.toBe('');
      }
    }
  });
});
