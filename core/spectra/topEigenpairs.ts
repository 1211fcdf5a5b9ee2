import { diagonalizeTridiagonal } from '../linalg/eigh.ts';
import { identity, matrix, type Matrix } from '../linalg/matrix.ts';

/** y = A x for a symmetric A; `y` holds anything before. */
export type SymmetricOperator = (x: Float64Array, y: Float64Array) => void;

/** The largest eigenvalues, largest first, and their vectors as columns. */
export interface TopEigenpairs {
  readonly values: Float64Array;
  /** [size, count], orthonormal. */
  readonly vectors: Matrix;
}

/** Largest residual ||A x - t x|| that is allowed, relative to the largest eigenvalue. */
const TOLERANCE = 1e-12;
/** What is left of a vector after orthogonalisation, relative to it, where the space that was reached is closed. */
const CLOSED = 1e-13;
/** The number of steps between two looks at the residuals grows by this factor. */
const GROWTH = 1.3;

/**
 * The `count` largest eigenvalues of a symmetric operator by Lanczos' method with full orthogonalisation (G. H. Golub, C. F. Van Loan:
 * Matrix computations, 4th edition, section 10.3), until their residuals are below 1e-12 of the largest, or until the space is used up and
 * the answer is exact. Where the space that was reached is closed it goes on from another direction, so repeated values are found too.
 */
export function topEigenpairs(size: number, count: number, apply: SymmetricOperator): TopEigenpairs {
  const random = randomNumbers();
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const beside: number[] = [];
  let vector = newDirection(size, basis, random);
  let look = Math.min(size, 3 * count + 20);
  for (;;) {
    const following = new Float64Array(size);
    apply(vector, following);
    basis.push(vector);
    diagonal.push(dot(vector, following));
    if (basis.length === size) break;
    const scale = Math.sqrt(dot(following, following));
    const rest = orthogonalise(following, basis);
    const isClosed = rest <= CLOSED * scale || rest === 0;
    beside.push(isClosed ? 0 : rest);
    if (basis.length >= look) {
      if (hasConverged(diagonal, beside, count)) break;
      look = Math.min(size, Math.ceil(look * GROWTH));
    }
    vector = isClosed ? newDirection(size, basis, random) : following.map((value) => value / rest);
  }
  return ritzPairs(basis, diagonal, beside, count);
}

/** Subtracts what lies along the basis, twice for full accuracy; returns the norm of what is left. */
function orthogonalise(vector: Float64Array, basis: readonly Float64Array[]): number {
  for (let pass = 0; pass < 2; pass++) {
    for (const direction of basis) {
      const along = dot(direction, vector);
      for (let index = 0; index < vector.length; index++) {
        vector[index] = (vector[index] ?? 0) - along * (direction[index] ?? 0);
      }
    }
  }
  return Math.sqrt(dot(vector, vector));
}

function newDirection(size: number, basis: readonly Float64Array[], random: () => number): Float64Array {
  const vector = Float64Array.from({ length: size }, random);
  const rest = orthogonalise(vector, basis);
  return vector.map((value) => value / rest);
}

/** Whether the residuals |beta * last component| of the leading Ritz vectors are small. */
function hasConverged(diagonal: readonly number[], beside: readonly number[], count: number): boolean {
  const size = diagonal.length;
  const last = matrix(1, size);
  last.data[size - 1] = 1;
  const values = Float64Array.from(diagonal);
  diagonalizeTridiagonal({ diagonal: values, beside: Float64Array.from(beside), basis: last });
  const order = descending(values);
  const largest = Math.abs(values[order[0] ?? 0] ?? 0);
  const beta = beside[size - 1] ?? 0;
  return order.slice(0, count).every((index) => Math.abs(beta * (last.data[index] ?? 0)) <= TOLERANCE * largest);
}

function ritzPairs(
  basis: readonly Float64Array[],
  diagonal: readonly number[],
  beside: readonly number[],
  count: number,
): TopEigenpairs {
  const steps = basis.length;
  const all = identity(steps);
  const values = Float64Array.from(diagonal);
  diagonalizeTridiagonal({ diagonal: values, beside: Float64Array.from([...beside, 0]), basis: all });
  const chosen = descending(values).slice(0, count);
  const size = basis[0]?.length ?? 0;
  const vectors = matrix(size, chosen.length);
  basis.forEach((direction, step) => {
    const weights = chosen.map((index) => all.data[step * steps + index] ?? 0);
    for (let row = 0; row < size; row++) {
      const at = row * chosen.length;
      const value = direction[row] ?? 0;
      for (let column = 0; column < weights.length; column++) {
        vectors.data[at + column] = (vectors.data[at + column] ?? 0) + value * (weights[column] ?? 0);
      }
    }
  });
  return { values: Float64Array.from(chosen, (index) => values[index] ?? 0), vectors };
}

function descending(values: Float64Array): number[] {
  return [...values.keys()].sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0));
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index++) sum += (left[index] ?? 0) * (right[index] ?? 0);
  return sum;
}

/** The same numbers from -1 to 1 every time: any start will do, and a report must be the same again. */
function randomNumbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}
