import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { showCommand } from '../../../../cli/commands/show.ts';
import { RlvrError } from '../../../../core/errors.ts';
import type { ProblemSource } from '../../../../core/contracts/dataset.ts';
import { readEvaluations } from '../../../../core/runs/evaluationFiles.ts';
import { readMetrics } from '../../../../core/runs/metrics.ts';
import { readRun } from '../../../../core/runs/runJson.ts';
import { experimentSchema } from '../../../../core/experiment/schema.ts';
import { prepareBenchmarks, type BenchmarkReader } from '../../../../plugins/engines/embedded/prepareBenchmarks.ts';
import { perform } from '../../../cli/perform.ts';
import { trainTinyRun, type TrainedFolder } from '../../../cli/trainedRun.ts';

const benchmarks = [
  { data: { type: 'arithmetic', families: ['linear'] }, name: 'lines', samples: 4, temperature: 0.7, top_p: 0.9 },
  {
    data: { type: 'countdown' },
    reward: { type: 'countdown' },
    problems: 3,
    max_completion_tokens: 20,
    temperature: 0,
  },
];

let trained: TrainedFolder;
beforeAll(async () => {
  trained = await trainTinyRun({
    training: { steps: 2, checkpoint_every: 2 },
    evaluation: { problems: 5, samples: 2, benchmarks },
  });
});
afterAll(() => {
  trained.remove();
});

describe('the benchmarks of an experiment', () => {
  it('are measured before and after, each as it says', () => {
    for (const { benchmarks: measured } of readEvaluations(trained.run.folder)) {
      const [own, lines, countdown] = measured;
      expect([own!.name, own!.role, own!.samples, own!.problems.id.length]).toEqual(['arithmetic', 'trained', 2, 5]);
      expect(lines).toMatchObject({ name: 'lines', role: 'benchmark', samples: 4, temperature: 0.7, topP: 0.9 });
      expect(lines!.maxCompletionTokens).toBe(own!.maxCompletionTokens);
      expect(Object.keys(lines!.passAtK)).toEqual(['1', '2', '4']);
      expect(countdown).toMatchObject({ name: 'countdown', samples: 2, temperature: 0, maxCompletionTokens: 20 });
      expect(countdown!.problems.id).toHaveLength(3);
      // Greedy samples are all the same one.
      expect(countdown!.problems.tokens.every((tokens) => tokens % 2 === 0)).toBe(true);
    }
  });

  it('are in run.json, in the metrics with intervals, and in what `rlvr show` says', async () => {
    const { evaluation } = readRun(trained.run.folder);
    for (const result of [evaluation.before, evaluation.after]) {
      expect(Object.keys(result?.benchmarks ?? {})).toEqual(['lines', 'countdown']);
      expect(Object.keys(result?.benchmarks?.['lines']?.passIntervals ?? {})).toEqual(['1', '2', '4']);
    }
    const last = readMetrics(trained.run.folder).at(-1)!.metrics;
    for (const name of ['accuracy', 'low', 'high', 'pass@4', 'pass@4_low', 'pass@4_high', 'kl'])
      expect(last, name).toHaveProperty([`evaluation/lines/${name}`]);
    const { out } = await perform({ cwd: trained.cwd }, (context) => Promise.resolve(showCommand(context, 'latest')));
    expect(out).toMatch(/benchmark +lines: avg@4 .* % \(.*\), pass@4 .* % \(.*\) before, avg@4 .* after/);
    const events = readdirSync(trained.run.folder).find((name) => name.startsWith('events.'))!;
    expect(readFileSync(path.join(trained.run.folder, events), 'latin1')).toContain('evaluation/lines/pass@4_low');
  });

  it('have their data among the hashes of the run', () => {
    const { hashes } = readRun(trained.run.folder);
    const [, lines, countdown] = readEvaluations(trained.run.folder)[0]!.benchmarks;
    expect(hashes['evaluation.benchmarks.0']).toBe(lines!.hash);
    expect(hashes['evaluation.benchmarks.1']).toBe(countdown!.hash);
  });
});

const source: ProblemSource = {
  size: 1,
  hash: 'hash',
  problem: () => ({ id: '1', question: '', reference: '1', family: 'family' }),
};
const reader: BenchmarkReader = {
  open: () => Promise.resolve(source),
  usualSettings: () => ({ samples: 32, temperature: 0.6, top_p: 0.95, max_completion_tokens: 100 }),
  prompts: () => [],
  verifier: () => ({ value: 1 }),
  rewardOf: () => () => ({ value: 0 }),
  isTrainedMeasured: true,
};
const prepared = (own: readonly object[], watch: readonly object[] = []) =>
  prepareBenchmarks(
    experimentSchema.parse({
      name: 'a',
      model: { path: 'model' },
      data: { train: { type: 'arithmetic' }, watch },
      adapter: { type: 'lora' },
      rewards: [{ type: 'exact_answer' }],
      schedule: { type: 'constant' },
      evaluation: { benchmarks: own },
    }),
    reader,
  );

describe('settings of a benchmark', () => {
  it('are its own, else those that its data set is usually evaluated with; of the trained problems they are the evaluation’s', async () => {
    const { report } = await prepared([{ data: { type: 'aime' }, samples: 4, top_p: 1 }]);
    expect(
      report.map(({ name, samples, temperature, topP, maxCompletionTokens }) => [
        name,
        samples,
        temperature,
        topP,
        maxCompletionTokens,
      ]),
    ).toEqual([
      ['arithmetic', 1, 1, 1, 256],
      ['aime', 4, 0.6, 1, 100],
    ]);
  });

  it('that could not be told apart by name are refused', async () => {
    const refused = prepared([{ data: { type: 'a' }, name: 'family' }], [{ type: 'arithmetic' }]);
    await expect(refused).rejects.toThrow(RlvrError);
    await expect(refused).rejects.toThrow(/are named "family"/);
  });
});
