import type { EarlyStopping } from './trainerOptions.ts';
import type { TrainingProgress } from './trainingProgress.ts';

/**
 * Where training stands after accuracy was measured on the selection split. The best policy is the first of the highest accuracy; an
 * improvement is more than `minDelta` above the last one.
 */
export function afterSelection(
  progress: TrainingProgress,
  step: number,
  accuracy: number,
  minDelta = 0,
): TrainingProgress {
  const { best, improved } = progress;
  const isBest = best === undefined || accuracy > best.accuracy;
  const isImprovement = improved === undefined || accuracy > improved + minDelta;
  return {
    ...progress,
    ...(isBest ? { best: { step, accuracy } } : {}),
    ...(isImprovement ? { improved: accuracy, stale: 0 } : { stale: progress.stale + 1 }),
  };
}

/** Whether accuracy on the selection split has not risen for so long that training ends. */
export function isOnPlateau({ stale }: TrainingProgress, earlyStopping: EarlyStopping | undefined): boolean {
  return earlyStopping !== undefined && stale >= earlyStopping.patience;
}
