import { z } from 'zod';
import type { RandomStream } from '../tensor/random.ts';

/** The whole numbers from the first to the second, both included. */
export type IntegerRange = readonly [lowest: number, highest: number];

/** Schema of an `IntegerRange` inside given bounds, written `[lowest, highest]`. */
export function integerRange(lowest: number, highest: number): z.ZodType<IntegerRange> {
  const bound = z.int().min(lowest).max(highest);
  return z.tuple([bound, bound]).refine(([low, high]) => low <= high, 'the lower end comes first: [lowest, highest]');
}

/** The numbers that are in both ranges; undefined where there are none. */
export function commonRange(left: IntegerRange, right: IntegerRange): IntegerRange | undefined {
  const low = Math.max(left[0], right[0]);
  const high = Math.min(left[1], right[1]);
  return low <= high ? [low, high] : undefined;
}

/** One number of the range, each equally likely. */
export function drawInteger(random: RandomStream, [low, high]: IntegerRange): number {
  return low + random.integer(high - low + 1);
}
