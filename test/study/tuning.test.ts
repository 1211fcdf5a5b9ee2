import { describe, expect, it } from 'vitest';
import { chooseRate, tuningTrialCount } from '../../core/study/tuning.ts';
import type { TuningOutcome, TuningState, TuningTrial } from '../../core/study/tuning.ts';
import { randomStream } from '../../core/tensor/random.ts';

const grid = [1e-4, 1e-3, 1e-2, 1e-1];
const halving = { steps: [10, 20], keep: 0.5, extend: 1 };
const keyOf = ({ learningRate, steps, seed }: TuningTrial): string => `${learningRate} ${steps} ${seed}`;

/** Accuracy that falls off on both sides of `best`, in decades. */
const peakAt =
  (best: number): TuningOutcome =>
  ({ learningRate }) =>
    Math.max(0, 1 - Math.abs(Math.log10(learningRate / best)) / 5);

const summary = ({ chosen, isAtEdge, candidates }: TuningState): object => ({
  chosen,
  isAtEdge,
  tried: candidates.map(({ learningRate, steps }) => [learningRate, steps]),
});

describe('chooseRate', () => {
  it('halves the grid, then looks between the best and its better neighbour', () => {
    expect(summary(chooseRate(grid, halving, [1], peakAt(3e-3)))).toEqual({
      chosen: 3.16e-3,
      isAtEdge: false,
      tried: [...grid.map((rate) => [rate, 10]), [1e-3, 20], [1e-2, 20], [3.16e-3, 20]],
    });
  });

  it('goes beyond the edge of the grid where the best lies at it, and says where it still does', () => {
    const twice = chooseRate(grid, { ...halving, extend: 2 }, [1], peakAt(1e-5));
    // One decade beyond the edge is the best; one more is tried and is not.
    expect(summary(twice)).toMatchObject({ chosen: 1e-5, isAtEdge: false });
    expect(summary(chooseRate(grid, halving, [1], peakAt(1e-9)))).toMatchObject({ chosen: 1e-5, isAtEdge: true });
    expect(summary(chooseRate(grid, halving, [1], peakAt(10)))).toMatchObject({ chosen: 1, isAtEdge: true });
  });

  it('takes the smaller of equal rates, counts a failed trial as no accuracy, and chooses nothing where all have failed', () => {
    expect(chooseRate(grid, { ...halving, extend: 0 }, [1], () => 0.5).chosen).toBe(1e-4);
    const breaks: TuningOutcome = ({ learningRate, seed }) => (learningRate > 1e-3 && seed === 2 ? 'failed' : 0.4);
    const state = chooseRate(grid, { ...halving, extend: 0 }, [1, 2], breaks);
    expect(state.chosen).toBe(1e-4);
    expect(state.candidates[3]).toMatchObject({ scores: [0.4, 'failed'], mean: 0.2 });
    const broken = chooseRate(grid, halving, [1], () => 'failed');
    expect([broken.chosen, broken.wanted]).toEqual([undefined, []]);
  });

  it('gives every method the same number of trials, and decides the same in whatever order they end', () => {
    for (let draw = 0; draw < 50; draw++) {
      const random = randomStream(draw, 'outcomes');
      const options = { steps: [10, 20, 40], keep: 0.5, extend: 2 };
      const seeds = [1, 2];
      const values = new Map<string, number | 'failed'>();
      const value = (trial: TuningTrial): number | 'failed' => {
        const key = keyOf(trial);
        const drawn = randomStream(draw, key).uniform();
        values.set(key, drawn < 0.1 ? 'failed' : drawn);
        return values.get(key) ?? 'failed';
      };
      const whole = chooseRate(grid, options, seeds, value);
      const known = new Map<string, number | 'failed'>();
      let state = chooseRate(grid, options, seeds, (trial) => known.get(keyOf(trial)));
      while (state.wanted.length > 0) {
        const next = state.wanted[random.integer(state.wanted.length)];
        if (next !== undefined) known.set(keyOf(next), value(next));
        state = chooseRate(grid, options, seeds, (trial) => known.get(keyOf(trial)));
      }
      expect(state).toEqual(whole);
      const count = tuningTrialCount(grid.length, options, seeds.length).reduce((sum, { trials }) => sum + trials, 0);
      if (whole.chosen !== undefined) expect(known.size).toBe(count);
    }
  });
});
