import type { Overlap } from '../contracts/analyzer.ts';
import type { ShorterSide } from '../linalg/background.ts';
import { eigh } from '../linalg/eigh.ts';
import { matrix, type Matrix } from '../linalg/matrix.ts';
import { multiplyRightTransposed } from '../linalg/multiply.ts';
import type { SingularVectors } from '../linalg/svd.ts';
import { innerProducts, product } from './algebra.ts';
import { NULL_SHARE } from './baseDecomposition.ts';
import { topEigenpairs, type TopEigenpairs } from './topEigenpairs.ts';

/** A low-rank update in the coordinates of W's own singular vectors; near is the side whose vectors are kept. */
export interface UpdateInBasis {
  /** The update's singular values. */
  readonly sigma: Float64Array;
  /** Components of its near vectors along W's. [values, rank]. */
  readonly near: Matrix;
  /** Components of its far vectors along W's times W's values: W's basis applied to Wᵀ P (or W Q). [values, rank]. */
  readonly scaledFar: Matrix;
  /** Components of its far vectors along W's. [values, rank]. */
  readonly far: Matrix;
}

/** Takes an update P diag(s) Qᵀ into W's coordinates: one product of W with as many columns as the update has rank. */
export async function updateInBasis(base: Matrix, kept: ShorterSide, update: SingularVectors): Promise<UpdateInBasis> {
  const { s: values, side, vectors } = kept;
  const near = await innerProducts(vectors, side === 'right' ? update.v : update.u);
  const mapped = side === 'right' ? await innerProducts(base, update.u) : await product(base, update.v);
  const scaledFar = await innerProducts(vectors, mapped);
  const smallest = NULL_SHARE * (values[0] ?? 0);
  const far = { ...scaledFar, data: scaledFar.data.slice() };
  far.data.forEach((value, at) => {
    const own = values[Math.floor(at / far.columns)] ?? 0;
    far.data[at] = own > smallest ? value / own : 0;
  });
  return { sigma: update.s, near, scaledFar, far };
}

/** The leading part of W + dW in the coordinates of W's singular vectors. */
export interface MergedTop {
  readonly values: Float64Array;
  /** Near vectors by their components along W's: [values of W, top]. */
  readonly near: Matrix;
  readonly far: Overlap;
}

/**
 * The leading singular values of W + dW for dW of low rank, without forming it. With W = U S Vᵀ and dW = P D Qᵀ, the Gram matrix in W's
 * coordinates is Vᵀ (W + dW)ᵀ (W + dW) V = S² + Z [[I, I], [I, 0]] Zᵀ with Z = [VᵀQ D, VᵀWᵀP]: a diagonal and a matrix of twice dW's
 * rank. So the inverse of (shift - Gram) is known by Woodbury's identity, and Lanczos' method on it finds what lies just below the
 * shift, which is the top, in a few steps of rank * values operations.
 */
export function mergedTop(base: Matrix, { s: values }: ShorterSide, update: UpdateInBasis, top: number): MergedTop {
  const { sigma, near, far } = update;
  const [size, rank] = [values.length, sigma.length];
  const gram = topOfGram(values, update, top);
  const merged = gram.values.map((value) => Math.sqrt(Math.max(0, value)));
  const inverses = merged.map((value) => (value > NULL_SHARE * (merged[0] ?? 0) ? 1 / value : 0));
  const weights = weightedComponents(near, sigma, gram.vectors);
  const along = matrix(size, top);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < top; column++) {
      let sum = (values[row] ?? 0) * (gram.vectors.data[row * top + column] ?? 0);
      for (let k = 0; k < rank; k++) sum += (far.data[row * rank + k] ?? 0) * (weights.data[k * top + column] ?? 0);
      along.data[row * top + column] = sum * (inverses[column] ?? 0);
    }
  }
  const isSquare = base.rows === base.columns && (values.at(-1) ?? 0) > NULL_SHARE * (values[0] ?? 0);
  const outside = isSquare ? matrix(0, top) : outsideOf(far, weights, inverses);
  return { values: merged, near: gram.vectors, far: { along, outside } };
}

/** Distance of the shift from the largest value that W + dW can have, relative to it: near, and far enough to be divided by. */
const MARGIN = 1e-3;

function topOfGram(values: Float64Array, { sigma, near, scaledFar }: UpdateInBasis, top: number): TopEigenpairs {
  const [size, rank] = [values.length, sigma.length];
  const shift = ((values[0] ?? 0) + (sigma[0] ?? 0)) ** 2 * (1 + MARGIN);
  const inverse = values.map((value) => 1 / (shift - value * value));
  /** Zᵀ, one row of values after the other. */
  const z = matrix(2 * rank, size);
  for (let k = 0; k < rank; k++) {
    for (let row = 0; row < size; row++) {
      z.data[k * size + row] = (near.data[row * rank + k] ?? 0) * (sigma[k] ?? 0);
      z.data[(rank + k) * size + row] = scaledFar.data[row * rank + k] ?? 0;
    }
  }
  const scaled = { ...z, data: z.data.map((value, at) => value * (inverse[at % size] ?? 0)) };
  const middle = inverted(capacitance(multiplyRightTransposed(scaled, z), rank));
  const { values: found, vectors } = topEigenpairs(size, top, (x, y) => {
    const through = times(middle, times(scaled, x));
    for (let row = 0; row < size; row++) y[row] = (inverse[row] ?? 0) * (x[row] ?? 0);
    through.forEach((factor, k) => {
      for (let row = 0, at = k * size; row < size; row++, at++) {
        y[row] = (y[row] ?? 0) + factor * (scaled.data[at] ?? 0);
      }
    });
  });
  return { values: found.map((value) => shift - 1 / value), vectors };
}

/** [[0, I], [I, -I]] - Zᵀ (shift - S²)⁻¹ Z, of which the first part is the inverse of [[I, I], [I, 0]]. */
function capacitance(product: Matrix, rank: number): Matrix {
  const size = 2 * rank;
  const data = product.data.map((value) => -value);
  for (let k = 0; k < rank; k++) {
    for (const at of [k * size + rank + k, (rank + k) * size + k]) data[at] = (data[at] ?? 0) + 1;
    const last = (rank + k) * size + rank + k;
    data[last] = (data[last] ?? 0) - 1;
  }
  // Products of rows with rows differ in their last bits from those the other way round.
  const symmetric = data.map((value, at) => (value + (data[(at % size) * size + Math.floor(at / size)] ?? 0)) / 2);
  return { rows: size, columns: size, data: symmetric };
}

/** The inverse of a symmetric matrix. */
function inverted(source: Matrix): Matrix {
  const { values, vectors } = eigh(source);
  const { columns } = vectors;
  const weighted = { ...vectors, data: vectors.data.map((value, at) => value / (values[at % columns] ?? 1)) };
  return multiplyRightTransposed(weighted, vectors);
}

function times({ rows, columns, data }: Matrix, x: Float64Array): Float64Array {
  const result = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let column = 0, at = row * columns; column < columns; column++, at++)
      sum += (data[at] ?? 0) * (x[column] ?? 0);
    result[row] = sum;
  }
  return result;
}

/** D Q'ᵀ y: [rank, top]. */
function weightedComponents(near: Matrix, sigma: Float64Array, vectors: Matrix): Matrix {
  const result = matrix(sigma.length, vectors.columns);
  sigma.forEach((value, k) => {
    for (let row = 0; row < vectors.rows; row++) {
      const component = value * (near.data[row * near.columns + k] ?? 0);
      for (let column = 0; column < vectors.columns; column++) {
        const at = k * vectors.columns + column;
        result.data[at] = (result.data[at] ?? 0) + component * (vectors.data[row * vectors.columns + column] ?? 0);
      }
    }
  });
  return result;
}

/** What of the far vectors lies outside of W's. Of dW's far vectors without their components along W's, I - U'ᵀU' is the Gram matrix. */
function outsideOf(far: Matrix, weights: Matrix, inverses: Float64Array): Matrix {
  const rank = far.columns;
  const gram = matrix(rank, rank);
  for (let row = 0; row < far.rows; row++) {
    for (let i = 0; i < rank; i++) {
      const value = far.data[row * rank + i] ?? 0;
      for (let j = 0; j < rank; j++) {
        gram.data[i * rank + j] = (gram.data[i * rank + j] ?? 0) - value * (far.data[row * rank + j] ?? 0);
      }
    }
  }
  for (let i = 0; i < rank; i++) gram.data[i * rank + i] = (gram.data[i * rank + i] ?? 0) + 1;
  const { values, vectors } = eigh(gram);
  const top = weights.columns;
  const result = matrix(rank, top);
  values.forEach((value, i) => {
    const size = Math.sqrt(Math.max(0, value));
    for (let k = 0; k < rank; k++) {
      const component = size * (vectors.data[k * rank + i] ?? 0);
      for (let column = 0; column < top; column++) {
        const at = i * top + column;
        result.data[at] =
          (result.data[at] ?? 0) + component * (weights.data[k * top + column] ?? 0) * (inverses[column] ?? 0);
      }
    }
  });
  return result;
}
