import { RlvrError } from '../errors.ts';
import { differenceInWords } from './difference.ts';

/** For tests of plugins: throws `plugin/nonconforming` unless |a - b| <= tolerance max(1, |b|) for every pair of values. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  const problem = differenceInWords(actual, expected, tolerance);
  if (problem !== undefined) throw new RlvrError('plugin/nonconforming', `${what}: ${problem}.`);
}
