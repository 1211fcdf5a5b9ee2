import { describe, expect, it } from 'vitest';
import { afterSelection, isOnPlateau } from '../../core/training/selection.ts';
import { startOfProgress, type TrainingProgress } from '../../core/training/trainingProgress.ts';

const after = (accuracies: readonly number[], minDelta = 0): TrainingProgress =>
  accuracies.reduce((progress, accuracy, i) => afterSelection(progress, i + 1, accuracy, minDelta), startOfProgress);

describe('accuracy on the selection split', () => {
  it('names the first of the best policies', () => {
    expect(after([0.2, 0.5, 0.4, 0.5]).best).toEqual({ step: 2, accuracy: 0.5 });
  });

  it('is on a plateau after so many evaluations without an improvement', () => {
    const patience = { patience: 2, minDelta: 0 };
    expect(
      [[0.2], [0.2, 0.2], [0.2, 0.1, 0.2], [0.2, 0.1, 0.3]].map((own) => isOnPlateau(after(own), patience)),
    ).toEqual([false, false, true, false]);
    expect(isOnPlateau(after([0.2, 0.1, 0.1, 0.1]), undefined)).toBe(false);
  });

  it('has to rise by more than min_delta since the last improvement, in however many evaluations', () => {
    const creeping = after([0.2, 0.225, 0.25, 0.275], 0.05);
    expect([creeping.stale, creeping.improved]).toEqual([0, 0.275]);
    expect(after([0.2, 0.225, 0.25], 0.05)).toMatchObject({ stale: 2, improved: 0.2, best: { step: 3 } });
  });
});
