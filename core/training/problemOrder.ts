import { randomStream } from '../tensor/random.ts';
import { candidateCount, chosenProblems, replayedCount, type AskedProblem } from './curriculum.ts';
import type { TrainerOptions } from './trainerOptions.ts';
import type { TrainingProgress } from './trainingProgress.ts';

/** Problems for a batch, and where the data goes on after them. */
export interface NextProblems {
  readonly asked: readonly AskedProblem[];
  /** How many of them, at the end, are asked again. */
  readonly replayed: number;
  readonly progress: TrainingProgress;
}

/** The next `count` problems: in the order of the data, shuffled anew each epoch, as far as no curriculum says otherwise. */
export function nextProblems(
  options: Pick<TrainerOptions, 'train' | 'seed' | 'curriculum'>,
  progress: TrainingProgress,
  count: number,
): NextProblems {
  const { train, seed, curriculum } = options;
  const replayed = replayedCount(curriculum, progress.curriculum, count);
  const again = progress.curriculum.hard.slice(0, replayed);
  const fresh = count - replayed;
  const candidates = inOrder(options, progress.problems, candidateCount(curriculum, fresh, train.size));
  const moment = { seed, batch: progress.batches };
  const asked = [
    ...chosenProblems(curriculum, progress.curriculum, candidates, fresh, moment),
    ...again.map((index) => ({ index, problem: train.problem(index) })),
  ];
  const moved = { batches: progress.batches + 1, problems: progress.problems + candidates.length };
  return { asked, replayed, progress: { ...progress, ...moved } };
}

/** Problems by their place in the data set's order, or a generator's next ones. */
function inOrder(
  { train, seed }: Pick<TrainerOptions, 'train' | 'seed'>,
  from: number,
  count: number,
): readonly AskedProblem[] {
  const { size } = train;
  const orders = new Map<number, readonly number[]>();
  const orderOf = (epoch: number, length: number): readonly number[] => {
    const order = orders.get(epoch) ?? randomStream(seed, 'order', epoch).permutation(length);
    orders.set(epoch, order);
    return order;
  };
  return Array.from({ length: count }, (_, i) => {
    const place = from + i;
    const index = size === undefined ? place : (orderOf(Math.floor(place / size), size)[place % size] ?? 0);
    return { index, problem: train.problem(index) };
  });
}
