import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { firstProblems } from '../../../core/conformance/datasetBehaviours.ts';
import type { Dataset } from '../../../core/contracts/dataset.ts';
import { createCatalog } from '../../../core/container.ts';
import { plugins } from '../../../plugins/index.ts';
import { startHub } from '../../problems/hub/hubServer.ts';
import { knownLayouts, minervaOriginal, writeLayouts } from './knownLayouts.ts';
import { openDataset } from './openDataset.ts';

const catalog = createCatalog(plugins);
const commit = 'ab'.repeat(20);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rlvr-known-'));
  writeLayouts(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(Object.entries(knownLayouts))('%s', (id, { files, first }) => {
  const dataset: Dataset = catalog.find('dataset', id);
  const split = first.length === 0 ? 'train' : 'report';

  it('finds question and reference in the hub’s layout, and asks for a box', async () => {
    const source = await openDataset(dataset, { path: id }, { split, baseFolder: folder });
    const problems = firstProblems(source, first.length);
    expect(problems.map(({ question, reference }) => [question, reference])).toEqual(first);
    const { prompt, question, family } = source.problem(0);
    expect(prompt).toBe(`${question}\n\nPlease reason step by step, and put your final answer within \\boxed{}.`);
    expect(family).toBe(id);
  });

  it('is the same from the hub', async () => {
    const home = path.join(folder, `${id}-home`);
    const { source: said } = dataset;
    const hubId = said.split('; ').at(-1) ?? '';
    const server = await startHub({
      id: hubId,
      commit,
      files: { ...files, 'README.md': '# Card' },
      large: Object.keys(files),
    });
    vi.stubEnv('HF_ENDPOINT', server.endpoint);
    vi.stubEnv('HF_HOME', home);
    vi.stubEnv('HF_HUB_CACHE', '');
    vi.stubEnv('HF_HUB_OFFLINE', '');
    try {
      const fetched = await openDataset(dataset, {}, { split });
      const copied = await openDataset(dataset, { path: id }, { split, baseFolder: folder });
      expect(firstProblems(fetched, 20)).toEqual(firstProblems(copied, 20));
      expect(fetched.origin).toBe(`${hubId}@${commit}`);
    } finally {
      await server.close();
      vi.unstubAllEnvs();
    }
  });

  it('keeps its splits apart', async () => {
    const isBenchmark = !['gsm8k', 'dapo_math_17k'].includes(id);
    if (isBenchmark) {
      const whole = await openDataset(dataset, { path: id }, { split: 'report', baseFolder: folder });
      expect(whole.size).toBe(120);
      await expect(openDataset(dataset, { path: id }, { split: 'train', baseFolder: folder })).rejects.toMatchObject({
        code: 'dataset/empty',
        message: expect.stringContaining('It is a benchmark') as string,
      });
    }
    const options = { path: id, ...(isBenchmark ? { divide: true } : {}) };
    const questions: string[] = [];
    for (const each of ['train', 'selection', 'report'] as const) {
      const source = await openDataset(dataset, options, { split: each, baseFolder: folder });
      questions.push(...firstProblems(source, Infinity).map(({ question }) => question));
    }
    expect(new Set(questions).size).toBe(questions.length);
    expect(questions.length).toBe(id === 'gsm8k' ? 240 : 120);
  });

  it('says how it is usually evaluated, as the study does', () => {
    if (id === 'dapo_math_17k') expect(dataset.evaluation).toBeUndefined();
    else expect(dataset.evaluation).toMatchObject({ temperature: 0.7, top_p: 0.9 });
  });
});

it('reads Minerva’s answers out of the boxes of worked solutions', async () => {
  writeFileSync(path.join(folder, 'original.jsonl'), minervaOriginal);
  const source = await openDataset(
    catalog.find('dataset', 'minerva'),
    { path: 'original.jsonl' },
    { split: 'report', baseFolder: folder },
  );
  expect(source.problem(0)).toMatchObject({ question: 'A star shines. How bright?', reference: '4.5e33' });
});

it('chooses MATH-500 by level', async () => {
  const math500 = catalog.find('dataset', 'math_500');
  const source = await openDataset(
    math500,
    { path: 'math_500', difficulties: [4, 5] },
    { split: 'report', baseFolder: folder },
  );
  expect(source.size).toBe(48);
  expect(source.problem(0).difficulty).toBe(4);
});
