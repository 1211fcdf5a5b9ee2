import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEvaluations } from '../../../../core/runs/evaluationFiles.ts';
import { readMetrics } from '../../../../core/runs/metrics.ts';
import { readRun } from '../../../../core/runs/runJson.ts';
import { trainTinyRun, type TrainedFolder } from '../../../cli/trainedRun.ts';

let trained: TrainedFolder;
beforeAll(async () => {
  trained = await trainTinyRun({
    data: { train: { type: 'arithmetic' }, watch: [{ type: 'arithmetic', families: ['linear'] }] },
    // Any number is right that is there: a random model is right now and then.
    rewards: [{ type: 'repetition_penalty', ngram_size: 1, max_penalty: -1 }],
    learning_rate: 0.1,
    training: { steps: 4, checkpoint_every: 2 },
    evaluation: { problems: 6, samples: 2, every: 2 },
  });
});
afterAll(() => {
  trained.remove();
});

describe('a run’s folder', () => {
  it('holds what came of every problem, before, in between and after', () => {
    const evaluations = readEvaluations(trained.run.folder);
    expect(
      evaluations.map(({ moment, step, benchmarks }) => [moment, step, benchmarks.map(({ name }) => name)]),
    ).toEqual([
      ['before', 0, ['arithmetic', 'linear']],
      ['during', 2, ['arithmetic']],
      ['after', 4, ['arithmetic', 'linear']],
    ]);
    const [before, during, after] = evaluations.map(({ benchmarks }) => benchmarks[0]!);
    expect([before!.split, during!.split, after!.split]).toEqual(['report', 'selection', 'report']);
    // Paired: the same problems in the same order.
    expect(after!.problems.id).toEqual(before!.problems.id);
    expect(after!.hash).toBe(before!.hash);
    expect(during!.problems.id).not.toEqual(before!.problems.id);
    for (const { benchmarks } of evaluations) {
      for (const { accuracy, samples, meanTokens, problems } of benchmarks) {
        const shares = problems.correct.map((correct, i) => correct / (samples - problems.unjudged[i]!));
        expect(problems.id).toHaveLength(6);
        expect(shares.reduce((sum, share) => sum + share, 0) / 6).toBeCloseTo(accuracy, 12);
        expect(problems.tokens.reduce((sum, tokens) => sum + tokens, 0) / 12).toBeCloseTo(meanTokens, 12);
      }
    }
  });

  it('says how far the policy is from the base, once it has moved', () => {
    const [before, during, after] = readEvaluations(trained.run.folder).map(({ benchmarks }) => benchmarks[0]!.kl);
    expect(before).toBeUndefined();
    expect(during?.sequences).toBe(6);
    expect(after!.perSequence).toBeGreaterThan(1e-4);
    expect(after!.perToken).toBeLessThan(after!.perSequence);
    const { evaluation } = readRun(trained.run.folder);
    expect(evaluation.after?.kl).toEqual(after);
    expect(readMetrics(trained.run.folder).at(-1)?.metrics['evaluation/kl']).toBe(after!.perToken);
  });

  it('says what the run has cost', () => {
    const { costs } = readRun(trained.run.folder);
    const lines = readMetrics(trained.run.folder);
    const sum = (name: string): number => lines.reduce((total, { metrics }) => total + (metrics[name] ?? 0), 0);
    expect(costs?.tokens).toBe(lines.at(-1)?.metrics['rollout/tokens_total']);
    expect(costs?.tokens).toBe(sum('rollout/tokens'));
    expect(costs?.evaluationSeconds).toBeCloseTo(sum('time/evaluation'), 9);
    expect(costs?.trainingSeconds).toBeCloseTo(sum('time/training'), 9);
    expect(costs?.peakMemoryBytes).toBeGreaterThan(1e7);
  });
});
