import type { RandomStream } from '../tensor/random.ts';

/** One of the values, with probability proportional to its weight (not negative); undefined where all weights are 0. */
export function weightedChoice<T>(
  random: RandomStream,
  choices: readonly (readonly [value: T, weight: number])[],
): T | undefined {
  const total = choices.reduce((sum, [, weight]) => sum + weight, 0);
  let left = random.uniform() * total;
  for (const [value, weight] of choices) {
    left -= weight;
    if (left < 0) {
      return value;
    }
  }
  return choices.findLast(([, weight]) => weight > 0)?.[0];
}
