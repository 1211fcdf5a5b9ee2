import type { RandomStream } from '../tensor/random.ts';

/**
 * A worked completion in one of two habits: with probability `worked` the steps stand in the thought, else the thought is empty
 * and the answer comes at once. Both are right.
 */
export function demonstrate(random: RandomStream, worked: number, steps: readonly string[], answer: string): string {
  const thought = random.uniform() < worked ? steps.join(', ') : '';
  return `<think>${thought}</think>\\boxed{${answer}}`;
}
