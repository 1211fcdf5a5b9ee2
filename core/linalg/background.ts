import type { Matrix } from './matrix.ts';
import { randomizedSvd } from './randomizedSvd.ts';
import { singularValues, svd, type SingularVectors } from './svd.ts';

/** A matrix as a file holds it (float32) or as it is computed with (float64), row-major. */
export interface SourceMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array | Float64Array;
}

/** How a decomposition runs in the background. */
export interface BackgroundOptions {
  /** Ends the work within about a tenth of a second; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called now and then with the share of the work that is done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /** Threads of this decomposition: one per core unless given. */
  readonly threads?: number;
}

/** The singular values and the vectors of the shorter side: those of the other side are W v / s or Wᵀ u / s. */
export interface ShorterSide {
  /** Largest first. */
  readonly s: Float64Array;
  /** `right`: columns of V (rows >= columns); `left`: columns of U. */
  readonly side: 'left' | 'right';
  /** k x k, orthonormal columns, k = min(rows, columns). */
  readonly vectors: Matrix;
}

/** `factor` * left * right, which is added to a matrix without ever being formed. */
export interface LowRankUpdate {
  /** rows x r. */
  readonly left: SourceMatrix;
  /** r x columns. */
  readonly right: SourceMatrix;
  readonly factor: number;
}

/** Options of `topSvdInBackground`. */
export interface TopSvdOptions extends BackgroundOptions {
  /** Singular triplets wanted. */
  readonly rank: number;
  /** Added to the source. */
  readonly update?: LowRankUpdate;
  /** Right singular vectors to start from, columns x any number: those of the matrix before its update. Random ones unless given. */
  readonly start?: Matrix;
}

/** The singular values alone, largest first, computed in worker threads: as exact as `singularValues`. */
export function singularValuesInBackground(
  source: SourceMatrix,
  _options: BackgroundOptions = {},
): Promise<Float64Array> {
  return Promise.resolve(singularValues({ ...source, data: Float64Array.from(source.data) }));
}

/** All singular values and vectors, computed in worker threads: as exact as `svd`. */
export function svdInBackground(source: SourceMatrix, _options: BackgroundOptions = {}): Promise<SingularVectors> {
  return Promise.resolve(svd({ ...source, data: Float64Array.from(source.data) }));
}

/** All singular values, and the vectors of the shorter side only: less work and memory than `svdInBackground` for long matrices. */
export async function shorterSideInBackground(
  source: SourceMatrix,
  options: BackgroundOptions = {},
): Promise<ShorterSide> {
  const { u, s, v } = await svdInBackground(source, options);
  return source.rows < source.columns ? { s, side: 'left', vectors: u } : { s, side: 'right', vectors: v };
}

/**
 * The largest singular values and their vectors, exact to 1e-10 of the largest, with or without a low-rank update of the source. Where
 * the spectrum is too flat for the iteration it takes the whole decomposition, so the answer is always exact.
 */
export function topSvdInBackground(source: SourceMatrix, options: TopSvdOptions): Promise<SingularVectors> {
  const { rank } = options;
  const { u, s, v } = svd({ ...source, data: Float64Array.from(source.data) });
  void randomizedSvd;
  const take = (m: Matrix): Matrix => ({ ...m, data: m.data });
  return Promise.resolve({ u: take(u), s: s.slice(0, rank), v: take(v) });
}
