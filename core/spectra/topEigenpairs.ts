import { diagonalizeTridiagonal } from '../linalg/eigh.ts';
import { identity, matrix, type Matrix } from '../linalg/matrix.ts';
import { multiplyLeftTransposed } from '../linalg/multiply.ts';

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
const GROWTH = 1.2;

/**
 * The `count` largest eigenvalues of a symmetric operator by Lanczos' method with full orthogonalisation (G. H. Golub, C. F. Van Loan:
 * Matrix computations, 4th edition, section 10.3), until their residuals are below 1e-12 of the largest, or until the space is used up and
 * the answer is exact. Where the space that was reached is closed it goes on from another direction, so repeated values are found too.
 */
export function topEigenpairs(size: number, count: number, apply: SymmetricOperator): TopEigenpairs {
  const random = randomNumbers();
  const diagonal: number[] = [];
  const beside: number[] = [];
  let basis: Basis = { size, steps: 0, data: new Float64Array(size * Math.min(size, 4 * count + 32)) };
  let vector = newDirection(basis, random);
  let look = Math.min(size, 2 * count + 20);
  for (;;) {
    const following = new Float64Array(size);
    apply(vector, following);
    basis = appended(basis, vector);
    const along = dot(vector, following);
    diagonal.push(along);
    if (basis.steps === size) break;
    const scale = Math.sqrt(dot(following, following));
    // Nearly all that lies along the basis lies along the last two vectors; with that gone, one pass is enough.
    subtract(following, basis, basis.steps - 1, along);
    subtract(following, basis, basis.steps - 2, beside.at(-1) ?? 0);
    const rest = orthogonalise(following, basis);
    const isClosed = rest <= CLOSED * scale || rest === 0;
    beside.push(isClosed ? 0 : rest);
    if (basis.steps >= look) {
      if (hasConverged(diagonal, beside, count)) break;
      look = Math.min(size, Math.ceil(look * GROWTH));
    }
    vector = isClosed ? newDirection(basis, random) : following.map((value) => value / rest);
  }
  return ritzPairs(basis, diagonal, beside, count);
}

/** Orthonormal vectors, one after the other. */
interface Basis {
  readonly size: number;
  readonly steps: number;
  /** [any number of at least `steps`, size]. */
  readonly data: Float64Array;
}

function appended({ size, steps, data }: Basis, vector: Float64Array): Basis {
  const isFull = data.length < (steps + 1) * size;
  const room = isFull ? new Float64Array(Math.min(size * size, 2 * data.length)) : data;
  if (isFull) room.set(data);
  room.set(vector, steps * size);
  return { size, steps: steps + 1, data: room };
}

function subtract(vector: Float64Array, { size, data }: Basis, step: number, factor: number): void {
  if (step < 0 || factor === 0) return;
  for (let index = 0, at = step * size; index < size; index++, at++) {
    vector[index] = (vector[index] ?? 0) - factor * (data[at] ?? 0);
  }
}

/** Subtracts what lies along the basis, four vectors at a time; returns the norm of what is left. */
function orthogonalise(vector: Float64Array, basis: Basis): number {
  const { size, steps, data } = basis;
  const whole = steps - (steps % 4);
  for (let step = 0; step < whole; step += 4) subtractFour(vector, data, step * size);
  for (let step = whole; step < steps; step++) {
    subtract(vector, basis, step, dot(vector, data.subarray(step * size, (step + 1) * size)));
  }
  return Math.sqrt(dot(vector, vector));
}

function subtractFour(vector: Float64Array, data: Float64Array, a: number): void {
  const { length } = vector;
  const [b, c, d] = [a + length, a + 2 * length, a + 3 * length];
  let [alongA, alongB, alongC, alongD] = [0, 0, 0, 0];
  for (let index = 0; index < length; index++) {
    const value = vector[index] ?? 0;
    alongA += value * (data[a + index] ?? 0);
    alongB += value * (data[b + index] ?? 0);
    alongC += value * (data[c + index] ?? 0);
    alongD += value * (data[d + index] ?? 0);
  }
  for (let index = 0; index < length; index++) {
    const first = alongA * (data[a + index] ?? 0) + alongB * (data[b + index] ?? 0);
    const last = alongC * (data[c + index] ?? 0) + alongD * (data[d + index] ?? 0);
    vector[index] = (vector[index] ?? 0) - (first + last);
  }
}

function newDirection(basis: Basis, random: () => number): Float64Array {
  const vector = Float64Array.from({ length: basis.size }, random);
  orthogonalise(vector, basis);
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
  { size, steps, data }: Basis,
  diagonal: readonly number[],
  beside: readonly number[],
  count: number,
): TopEigenpairs {
  const all = identity(steps);
  const values = Float64Array.from(diagonal);
  diagonalizeTridiagonal({ diagonal: values, beside: Float64Array.from([...beside, 0]), basis: all });
  const chosen = descending(values).slice(0, count);
  const weights = matrix(steps, chosen.length);
  for (let step = 0; step < steps; step++) {
    chosen.forEach((index, column) => {
      weights.data[step * chosen.length + column] = all.data[step * steps + index] ?? 0;
    });
  }
  const vectors = multiplyLeftTransposed({ rows: steps, columns: size, data: data.subarray(0, steps * size) }, weights);
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
