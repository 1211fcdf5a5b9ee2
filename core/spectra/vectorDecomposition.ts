import type { Decomposition } from '../contracts/analyzer.ts';
import { columnsOf } from '../linalg/matrix.ts';
import type { SingularVectors } from '../linalg/svd.ts';
import { innerProducts } from './algebra.ts';

/** Values below this share of the largest are rounding. */
const ROUNDING = 1e-15;

/** Singular values and vectors that are all at hand, as a decomposition. */
export function vectorDecomposition({ u, s, v }: SingularVectors, isComplete: boolean): Decomposition {
  return {
    values: s,
    isComplete,
    left: (count) => Promise.resolve(columnsOf(u, 0, count)),
    right: (count) => Promise.resolve(columnsOf(v, 0, count)),
    alongLeft: (columns) => innerProducts(u, columns),
    alongRight: (columns) => innerProducts(v, columns),
  };
}

/** The triplets whose value is not 0 but for rounding. */
export function withoutZeros(triplets: SingularVectors): SingularVectors {
  const smallest = ROUNDING * (triplets.s[0] ?? 0);
  return leadingTriplets(triplets, triplets.s.filter((value) => value > smallest).length);
}

/** The first `count` triplets. */
export function leadingTriplets({ u, s, v }: SingularVectors, count: number): SingularVectors {
  return { u: columnsOf(u, 0, count), s: s.slice(0, count), v: columnsOf(v, 0, count) };
}
