import { randomizedSvd, type NormalSource } from '../linalg/randomizedSvd.ts';
import type { Matrix } from '../linalg/matrix.ts';
import { svd, type SingularVectors } from '../linalg/svd.ts';

/** Passes of the randomised SVD, as in PEFT. */
const PASSES = 4;

/** Up to this many rows or columns an exact SVD costs little. */
const SMALL = 512;

/**
 * At least the `count` largest singular triplets: exact for small matrices and where most triplets are wanted, else by a randomised SVD
 * of twice as many columns and 4 passes, which is what PEFT always does.
 */
export function leadingTriplets(source: Matrix, count: number, random: NormalSource): SingularVectors {
  const most = Math.min(source.rows, source.columns);
  return most <= Math.max(SMALL, 2 * count)
    ? svd(source)
    : randomizedSvd(source, { rank: count, random, oversampling: count, iterations: PASSES });
}
