import { RlvrError } from '../errors.ts';
import { add, frobeniusNorm, scale, transpose, type Matrix } from './matrix.ts';
import { multiply, multiplyLeftTransposed } from './multiply.ts';
import { singularValues } from './svd.ts';

/**
 * Principal angles between the spaces that two sets of orthonormal columns span, in radians from 0 to pi/2, largest first; as many as
 * the smaller set has columns. Small angles come from their sine and large ones from their cosine, so both keep their digits
 * (Å. Björck, G. H. Golub: Numerical methods for computing angles between linear subspaces, 1973).
 *
 * @throws RlvrError `config/invalid` where the columns differ in length.
 */
export function principalAngles(left: Matrix, right: Matrix): Float64Array {
  if (left.rows !== right.rows) {
    const problem = `Angles are between spaces of one dimension, not of ${left.rows} and ${right.rows}.`;
    throw new RlvrError('config/invalid', problem, { left: left.rows, right: right.rows });
  }
  const [larger, smaller] = left.columns >= right.columns ? [left, right] : [right, left];
  const overlap = multiplyLeftTransposed(larger, smaller);
  const rest = add(smaller, scale(multiply(larger, overlap), -1));
  const cosines = singularValues(overlap);
  const sines = singularValues(rest);
  const count = smaller.columns;
  // With fewer rows than columns there are fewer sines; those left out are 0.
  return Float64Array.from({ length: count }, (_, index) =>
    Math.atan2(sines[index] ?? 0, cosines[count - 1 - index] ?? 0),
  );
}

/**
 * The share of ‖update‖² along each column of an orthonormal `basis`: ‖update b_k‖² / ‖update‖² for the basis of its rows (`right`),
 * ‖b_kᵀ update‖² / ‖update‖² for that of its columns (`left`). 0 throughout for a zero update.
 */
export function energyAlong(basis: Matrix, update: Matrix, side: 'left' | 'right'): Float64Array {
  const size = frobeniusNorm(update);
  const energies = new Float64Array(basis.columns);
  if (size === 0) {
    return energies;
  }
  const projected = multiply(side === 'right' ? update : transpose(update), basis);
  for (let at = 0; at < projected.data.length; at++) {
    const column = at % basis.columns;
    energies[column] = (energies[column] ?? 0) + ((projected.data[at] ?? 0) / size) ** 2;
  }
  return energies;
}

/** Where `bins` bins of the indices 0 ... count - 1 begin, and their end: bin b holds edge b up to, and not including, edge b + 1. */
export function binEdges(count: number, bins = 10): number[] {
  return Array.from({ length: bins + 1 }, (_, bin) => Math.floor((bin * count) / bins));
}

/** The sum of `values` in each bin. */
export function sumsInBins(values: Float64Array, edges: readonly number[]): number[] {
  return edges.slice(1).map((end, bin) => values.subarray(edges[bin], end).reduce((sum, value) => sum + value, 0));
}

/**
 * For each column of `after` its largest absolute cosine to a column of `before`, both orthonormal. A singular vector whose best
 * cosine is small is an intruder dimension (R. Shuttleworth and others: LoRA vs full fine-tuning, arXiv 2410.21228, section 3).
 */
export function bestCosines(before: Matrix, after: Matrix): Float64Array {
  const cosines = multiplyLeftTransposed(before, after);
  const best = new Float64Array(after.columns);
  for (let at = 0; at < cosines.data.length; at++) {
    const column = at % after.columns;
    best[column] = Math.max(best[column] ?? 0, Math.abs(cosines.data[at] ?? 0));
  }
  return best;
}
