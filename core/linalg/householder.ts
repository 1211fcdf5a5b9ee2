import { identity, matrix, type Matrix } from './matrix.ts';
import { addProduct, region, type Region } from './multiply.ts';

const BLOCK = 32;
/** Sums of squares below this have lost digits. */
const SAFE_SQUARE = 1e-250;
const LIFT = 2 ** 600;

/**
 * Householder reflectors H_0, H_1, ..., each I - tau v vᵀ. Row k of `vectors` is v_k: 0 before entry k + `offset`, 1 at it.
 */
export interface Reflectors {
  readonly vectors: Matrix;
  readonly taus: Float64Array;
  readonly offset: number;
}

/** `count` reflectors of vectors with `length` entries, to be filled in by `reflect`. */
export function emptyReflectors(count: number, length: number, offset = 0): Reflectors {
  return { vectors: matrix(count, length), taus: new Float64Array(count), offset };
}

function squaresAfterFirst(vector: Float64Array): number {
  let squares = 0;
  for (let index = 1; index < vector.length; index++) {
    squares += (vector[index] ?? 0) * (vector[index] ?? 0);
  }
  return squares;
}

function multiplyBy(vector: Float64Array, factor: number): void {
  for (let index = 0; index < vector.length; index++) {
    vector[index] = (vector[index] ?? 0) * factor;
  }
}

/**
 * Turns the vector x in row `index` of `reflectors.vectors`, from its first entry on, into the reflector that maps x to
 * (beta, 0, ..., 0), and gives beta = -sign(x_0) ‖x‖. As in LAPACK's dlarfg, a vector that is 0 after its first entry is left as it
 * is (tau = 0, beta = x_0). Entries must be small enough for the sum of their squares.
 */
export function reflect(reflectors: Reflectors, index: number): number {
  const { columns, data } = reflectors.vectors;
  const vector = data.subarray(index * columns + index + reflectors.offset, (index + 1) * columns);
  let lift = 1;
  if (squaresAfterFirst(vector) + (vector[0] ?? 0) ** 2 < SAFE_SQUARE) {
    lift = LIFT;
    multiplyBy(vector, lift);
  }
  const squares = squaresAfterFirst(vector);
  const leading = vector[0] ?? 0;
  if (squares === 0) {
    vector[0] = 1;
    return leading / lift;
  }
  const size = Math.sqrt(leading * leading + squares);
  const beta = leading >= 0 ? -size : size;
  multiplyBy(vector, 1 / (leading - beta));
  vector[0] = 1;
  reflectors.taus[index] = (beta - leading) / beta;
  return beta / lift;
}

/**
 * The upper triangle T with H_from ... H_(to - 1) = I - Yᵀ T Y, the rows of Y being the vectors (R. Schreiber, C. Van Loan: A
 * storage-efficient WY representation for products of Householder transformations, 1989).
 */
function blockFactor(reflectors: Reflectors, from: number, to: number): Matrix {
  const size = to - from;
  const { vectors, taus, offset } = reflectors;
  const { columns, data } = vectors;
  const products = matrix(size, size);
  const factor = matrix(size, size);
  for (let row = 0; row < size; row++) {
    for (let column = row + 1; column < size; column++) {
      let sum = 0;
      const left = (from + row) * columns;
      const right = (from + column) * columns;
      for (let at = from + column + offset; at < columns; at++) {
        sum += (data[left + at] ?? 0) * (data[right + at] ?? 0);
      }
      products.data[row * size + column] = sum;
    }
  }
  for (let column = 0; column < size; column++) {
    const tau = taus[from + column] ?? 0;
    factor.data[column * size + column] = tau;
    for (let row = 0; row < column; row++) {
      let sum = 0;
      for (let step = row; step < column; step++) {
        sum += (factor.data[row * size + step] ?? 0) * (products.data[step * size + column] ?? 0);
      }
      factor.data[row * size + column] = -tau * sum;
    }
  }
  return factor;
}

/**
 * target <- H_from ... H_(to - 1) * target in place, or the transposed product. `target` begins with the row of the first entry of
 * reflector `from` that is not 0.
 */
export function applyReflectors(
  reflectors: Reflectors,
  from: number,
  to: number,
  target: Region,
  transposed: boolean,
): void {
  const size = to - from;
  const first = from + reflectors.offset;
  const vectors = region(reflectors.vectors, from, first, size, reflectors.vectors.columns - first);
  const projected = matrix(size, target.columns);
  addProduct(region(projected), 1, vectors, target);
  const weighted = matrix(size, target.columns);
  addProduct(region(weighted), 1, region(blockFactor(reflectors, from, to)), region(projected), transposed);
  addProduct(target, -1, vectors, region(weighted), true);
}

/** The first `columns` columns of the orthogonal matrix H_0 H_1 .... */
export function accumulate(reflectors: Reflectors, columns: number): Matrix {
  const result = identity(reflectors.vectors.columns, columns);
  const count = reflectors.vectors.rows;
  for (let from = Math.floor(Math.max(0, count - 1) / BLOCK) * BLOCK; from >= 0 && count > 0; from -= BLOCK) {
    const first = from + reflectors.offset;
    applyReflectors(reflectors, from, Math.min(from + BLOCK, count), region(result, first, first), false);
  }
  return result;
}
