import { describe, expect, it } from 'vitest';
import type { Problem } from '../../core/contracts/dataset.ts';
import {
  afterOutcomes,
  chosenProblems,
  curriculumSchema,
  curriculumStateSchema,
  difficultyWeight,
  passRate,
} from '../../core/training/curriculum.ts';
import { nextProblems } from '../../core/training/problemOrder.ts';
import { startOfProgress, type TrainingProgress } from '../../core/training/trainingProgress.ts';

const start = curriculumStateSchema.parse({});
const problem = (index: number): Problem => ({
  id: String(index),
  question: '',
  reference: '',
  family: index % 2 === 0 ? 'even' : 'odd',
  ...(index < 2 ? { difficulty: index + 1 } : {}),
});
const asked = (index: number) => ({ index, problem: problem(index) });
const outcome = (index: number, correct: number, judged = 8) => ({ ...asked(index), judged, correct });
const byDifficulty = curriculumSchema.parse({ type: 'difficulty' });
const replay = curriculumSchema.parse({ type: 'replay', share: 0.5, buffer_size: 3, threshold: 0.5 });

describe('the pass rate of a problem', () => {
  it('is 1/2 before anything is known, and follows outcomes of which older ones count half', () => {
    expect(passRate(byDifficulty, start, asked(5))).toBe(0.5);
    const once = afterOutcomes(byDifficulty, start, [outcome(5, 8)]);
    expect(passRate(byDifficulty, once, asked(5))).toBe(9 / 10);
    expect(passRate(byDifficulty, once, asked(6))).toBe(0.5);
    const twice = afterOutcomes(byDifficulty, once, [outcome(5, 0)]);
    expect(passRate(byDifficulty, twice, asked(5))).toBe((4 + 1) / (12 + 2));
  });

  it('is shared by all of a family, or of a difficulty where the data says one', () => {
    const byFamily = curriculumSchema.parse({ type: 'difficulty', by: 'family' });
    const known = afterOutcomes(byFamily, start, [outcome(2, 8), outcome(4, 0)]);
    expect([6, 7].map((index) => passRate(byFamily, known, asked(index)))).toEqual([9 / 18, 0.5]);
    const byColumn = curriculumSchema.parse({ type: 'difficulty', by: 'difficulty' });
    expect(Object.keys(afterOutcomes(byColumn, start, [outcome(0, 1), outcome(1, 1), outcome(2, 1)]).rates)).toEqual(
      expect.arrayContaining(['1', '2', 'even']),
    );
  });

  it('is not changed by completions that could not be judged', () => {
    expect(afterOutcomes(byDifficulty, start, [outcome(5, 0, 0)])).toEqual(start);
  });
});

describe('the weight of a problem', () => {
  it('is largest at the target rate and never below the floor', () => {
    const options = { target: 0.5, width: 0.25, floor: 0.05 };
    expect(difficultyWeight(0.5, options)).toBe(1);
    expect(difficultyWeight(0.75, options)).toBeCloseTo(0.05 + 0.95 * Math.exp(-0.5), 12);
    expect(difficultyWeight(1, { ...options, width: 0.01 })).toBeCloseTo(0.05, 12);
  });

  it('is how often it is chosen', () => {
    // One problem is always solved, the others half of the time: weight 0.05 + 0.95 exp(-2 * 0.4^2 / 0.5^2 ...) against 1.
    const known = afterOutcomes(byDifficulty, start, [outcome(0, 8)]);
    const candidates = [0, 1].map(asked);
    let first = 0;
    for (let batch = 0; batch < 4000; batch++) {
      const [chosen] = chosenProblems(byDifficulty, known, candidates, 1, { seed: 1, batch });
      first += chosen?.index === 0 ? 1 : 0;
    }
    const weight = difficultyWeight(0.9, { target: 0.5, width: 0.25, floor: 0.05 });
    const expected = weight / (weight + 1);
    // Four standard errors.
    expect(Math.abs(first / 4000 - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / 4000));
  });
});

describe('hard problems', () => {
  it('are remembered, the newest, until they are no longer hard', () => {
    const known = afterOutcomes(replay, start, [outcome(1, 0), outcome(2, 8), outcome(3, 3), outcome(4, 4)]);
    expect(known.hard).toEqual([1, 3]);
    const later = afterOutcomes(replay, known, [outcome(1, 8), outcome(3, 0), outcome(5, 0), outcome(6, 0)]);
    expect(later.hard).toEqual([3, 5, 6]);
    expect(afterOutcomes(replay, later, [outcome(7, 0)]).hard).toEqual([5, 6, 7]);
  });
});

describe('the next problems', () => {
  const train = { size: 10, hash: '', problem };
  const options = { train, seed: 1, curriculum: curriculumSchema.parse({ type: 'off' }) };
  const indices = (from: TrainingProgress, count: number, own: object = {}): readonly number[] =>
    nextProblems({ ...options, ...own }, from, count).asked.map(({ index }) => index);

  it('are each epoch a permutation of the data, and a generator’s in order', () => {
    const first = nextProblems(options, startOfProgress, 6);
    const second = nextProblems(options, first.progress, 6);
    const all = [...first.asked, ...second.asked].map(({ index }) => index);
    expect(all.slice(0, 10).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(second.progress).toMatchObject({ batches: 2, problems: 12 });
    expect(indices(second.progress, 3, { train: { ...train, size: undefined } })).toEqual([12, 13, 14]);
  });

  it('are taken from more candidates by difficulty, no problem twice', () => {
    const given = nextProblems({ ...options, curriculum: byDifficulty }, startOfProgress, 3);
    expect(given.progress.problems).toBe(10);
    expect(new Set(given.asked.map(({ index }) => index)).size).toBe(3);
  });

  it('end with the oldest hard ones, at most the share that is asked again', () => {
    const progress = { ...startOfProgress, curriculum: { ...start, hard: [7, 8, 9] } };
    const given = nextProblems({ ...options, curriculum: replay }, progress, 4);
    expect(given.replayed).toBe(2);
    expect(given.asked.map(({ index }) => index).slice(2)).toEqual([7, 8]);
    expect(given.progress.problems).toBe(2);
  });
});
