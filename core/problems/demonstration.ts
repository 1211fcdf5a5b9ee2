import { z } from 'zod';
import type { RandomStream } from '../tensor/random.ts';

/** The option `worked` of a generator whose demonstrations have two habits. */
export const workedShare = z
  .number()
  .min(0)
  .max(1)
  .default(0.5)
  .describe('Share of demonstrations that work step by step; the others answer at once');

/**
 * A worked completion in one of two habits: with probability `worked` the steps stand in the thought, else the thought is empty
 * and the answer comes at once. Both are right.
 */
export function demonstrate(random: RandomStream, worked: number, steps: readonly string[], answer: string): string {
  const thought = random.uniform() < worked ? steps.join(', ') : '';
  return `<think>${thought}</think>\\boxed{${answer}}`;
}
