import { columnsOf, matrix, transpose } from '../../linalg/matrix.ts';
import { randomizedSvd } from '../../linalg/randomizedSvd.ts';
import { svd, type SingularVectors } from '../../linalg/svd.ts';
import type { LowRankFactors, StartContext } from './startContext.ts';

/** Which triplets of W = U S V^T: the largest or the smallest. */
export type Triplets = 'principal' | 'minor';

/** Triplets `from` ... `from + rank - 1` shared out: A = sqrt(S / s) V^T, B = U sqrt(S / s), so that s B A = U S V^T. */
export function sharedTriplets(
  { u, s, v }: SingularVectors,
  from: number,
  rank: number,
  scaling: number,
): LowRankFactors {
  const root = (index: number): number => Math.sqrt((s[from + index] ?? 0) / scaling);
  const a = transpose(columnsOf(v, from, from + rank)).data;
  const columns = v.rows;
  return {
    a: Float32Array.from(a, (value, i) => value * root(Math.floor(i / columns))),
    b: Float32Array.from(columnsOf(u, from, from + rank).data, (value, i) => value * root(i % rank)),
  };
}

/** The index of the first of `rank` triplets among `count`. */
function firstOf(which: Triplets, count: number, rank: number): number {
  return which === 'principal' ? 0 : count - rank;
}

/**
 * PiSSA (arXiv 2404.02948, equations 2 to 4) with the largest triplets of W, MiLoRA (arXiv 2406.09044, section 3) with the smallest: A and
 * B are the triplets and the frozen weight becomes W - s B A. B A does not depend on the signs of the vectors.
 */
export function tripletStart(which: Triplets, context: StartContext): LowRankFactors {
  const { shape, rank, scaling, weight } = context;
  const triplets = svd(matrix(...shape, weight));
  return sharedTriplets(triplets, firstOf(which, triplets.s.length, rank), rank, scaling);
}

/**
 * PiSSA by a randomised SVD with `iterations` passes (`pissa_niter_N`). Its sketch has no columns beyond the rank, as in
 * `torch.svd_lowrank`; the frozen weight is W minus what was found, so nothing is lost where that is inexact.
 */
export function randomizedTripletStart(iterations: number, context: StartContext): LowRankFactors {
  const { shape, rank, scaling, weight, random } = context;
  const triplets = randomizedSvd(matrix(...shape, weight), { rank, random, oversampling: 0, iterations });
  return sharedTriplets(triplets, 0, rank, scaling);
}

/**
 * A = the first (RLPO) or last (RLMO, MiLoRA+) right singular vectors of W as orthonormal rows, B = 0; the base stays as it is
 * (arXiv 2606.31813).
 */
export function rowsStart(which: Triplets, { shape, rank, weight }: StartContext): LowRankFactors {
  const { v } = svd(matrix(...shape, weight));
  const from = firstOf(which, v.columns, rank);
  return {
    a: Float32Array.from(transpose(columnsOf(v, from, from + rank)).data),
    b: new Float32Array(shape[0] * rank),
  };
}
