import { bootstrapInterval, wilsonInterval, type Interval } from './statistics.ts';

/**
 * Mean over problems of a share, with its 95 % interval: bootstrapped over problems, or Wilson's where every problem has 0 or every problem
 * has 1, since resamples of equal values would pretend to be certain.
 */
export function accuracyInterval(shares: readonly number[], seed: number): Interval {
  const [first] = shares;
  if ((first === 0 || first === 1) && shares.every((share) => share === first)) {
    return wilsonInterval(first * shares.length, shares.length);
  }
  return bootstrapInterval(shares, { seed, resamples: 2000, level: 0.95 });
}
