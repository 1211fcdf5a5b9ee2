import { describe, expect, it } from 'vitest';
import type { EvaluatedCompletion } from '../../core/training/evaluate.ts';
import { evaluationDivergence } from '../../core/training/evaluationDivergence.ts';
import type { TrainingRow } from '../../core/training/microBatch.ts';

type Scorer = Parameters<typeof evaluationDivergence>[0];

function completion(id: string, logps: readonly number[]): EvaluatedCompletion {
  const prompt = { problem: { id, question: '', reference: '', family: '' }, text: '', ids: [1] };
  const ids = logps.map((_, token) => token);
  return {
    prompt,
    text: '',
    correct: true,
    completion: { prompt: 0, ids, logps, filteredLogps: logps.map(() => 0), entropy: 0, finished: true },
  };
}

/** A base under which every token has the log-probability -2. */
function flatBase(seen: TrainingRow[] = [], temperatures: number[] = []): Scorer {
  return {
    score: (rows, temperature) => {
      seen.push(...rows);
      temperatures.push(temperature);
      return Promise.resolve(rows.map(({ ids }) => new Float32Array(ids.length).fill(-2)));
    },
  };
}

describe('the divergence from the base', () => {
  it('is the mean of logp_policy - logp_base over tokens, and over completions, of unfiltered log-probabilities', async () => {
    const rows = [completion('a', [-1, -1, -1]), completion('b', [-2.5])];
    const divergence = await evaluationDivergence(flatBase(), rows, 0.7, 1024);
    const { perTokenK3, ...k1 } = divergence!;
    expect(k1).toEqual({ perToken: 2.5 / 4, perSequence: 1.25, standardError: 1.75, sequences: 2 });
    // exp(-d) + d - 1 with d = 1 three times and -0.5 once
    expect(perTokenK3).toBeCloseTo((3 * Math.exp(-1) + Math.exp(0.5) - 1.5) / 4, 12);
  });

  it('reads one completion of each problem, spread over the problems, at the temperature of sampling', async () => {
    const [seen, temperatures]: [TrainingRow[], number[]] = [[], []];
    const rows = Array.from({ length: 512 }, (_, i) => completion(String(i), [i])).flatMap((own) => [own, own]);
    const divergence = await evaluationDivergence(flatBase(seen, temperatures), rows, 0.7, 1e6);
    expect(divergence?.sequences).toBe(256);
    expect(seen.map(({ policyLogps }) => policyLogps[0]).sort((a, b) => a! - b!)).toEqual(
      Array.from({ length: 256 }, (_, i) => 2 * i),
    );
    expect(temperatures).toEqual([0.7]);
  });

  it('of greedy completions is at temperature 1, as their log-probabilities are', async () => {
    const temperatures: number[] = [];
    await evaluationDivergence(flatBase([], temperatures), [completion('a', [-1])], 0, 1024);
    expect(temperatures).toEqual([1]);
  });
});
