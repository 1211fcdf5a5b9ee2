import type { Overlap } from '../contracts/analyzer.ts';
import type { ShorterSide } from '../linalg/background.ts';
import { eigh } from '../linalg/eigh.ts';
import { matrix, type Matrix } from '../linalg/matrix.ts';
import type { SingularVectors } from '../linalg/svd.ts';
import { innerProducts, product } from './algebra.ts';
import { NULL_SHARE } from './baseDecomposition.ts';
import { topEigenpairs } from './topEigenpairs.ts';

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
 * The leading singular values of W + dW for dW of low rank, without forming it: with W = U S Vᵀ and dW = P D Qᵀ, the Gram matrix
 * Vᵀ (W + dW)ᵀ (W + dW) V is S² + T D Q'ᵀ + Q' D Tᵀ + Q' D² Q'ᵀ with Q' = VᵀQ and T = Vᵀ Wᵀ P, so a step of Lanczos' method costs
 * rank * values operations only.
 */
export function mergedTop(base: Matrix, { s: values }: ShorterSide, update: UpdateInBasis, top: number): MergedTop {
  const { sigma, near, scaledFar, far } = update;
  const [size, rank] = [values.length, sigma.length];
  const squares = values.map((value) => value * value);
  const gram = topEigenpairs(size, top, (x, y) => {
    const alongNear = transposedTimes(near, x);
    const alongFar = transposedTimes(scaledFar, x);
    const onNear = sigma.map((value, k) => value * ((alongFar[k] ?? 0) + value * (alongNear[k] ?? 0)));
    const onFar = sigma.map((value, k) => value * (alongNear[k] ?? 0));
    for (let row = 0; row < size; row++) {
      let sum = (squares[row] ?? 0) * (x[row] ?? 0);
      const at = row * rank;
      for (let k = 0; k < rank; k++) {
        sum += (near.data[at + k] ?? 0) * (onNear[k] ?? 0) + (scaledFar.data[at + k] ?? 0) * (onFar[k] ?? 0);
      }
      y[row] = sum;
    }
  });
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

/** What of the far vectors lies outside of W's: the update's far vectors without their components, of which I - U'ᵀU' is the Gram matrix. */
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

function transposedTimes({ rows, columns, data }: Matrix, x: Float64Array): Float64Array {
  const result = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    const value = x[row] ?? 0;
    const at = row * columns;
    for (let column = 0; column < columns; column++) {
      result[column] = (result[column] ?? 0) + value * (data[at + column] ?? 0);
    }
  }
  return result;
}
