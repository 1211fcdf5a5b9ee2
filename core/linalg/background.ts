import { RlvrError } from '../errors.ts';
import { largestEntry, type Matrix } from './matrix.ts';
import { roomFor, type DecompositionRequest } from './space/decompose.ts';
import { Allocator } from './space/space.ts';
import type { RawMatrix } from './space/transfer.ts';
import type { SingularVectors } from './svd.ts';
import type { Report } from './threads/messages.ts';
import { inPool, type BackgroundOptions } from './threads/pool.ts';

export type { BackgroundOptions };

/** A matrix as a file holds it (float32) or as it is computed with (float64), row-major. */
export interface SourceMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array | Float64Array;
}

/** `factor` * left * right, which is added to a matrix. */
export interface LowRankUpdate {
  /** rows x r. */
  readonly left: SourceMatrix;
  /** r x columns. */
  readonly right: SourceMatrix;
  readonly factor: number;
}

/** Options of a decomposition in the background. */
export interface DecompositionOptions extends BackgroundOptions {
  /** Added to the source in float64, in the threads. */
  readonly update?: LowRankUpdate;
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

interface Answer {
  readonly s: Float64Array;
  readonly left: Matrix;
  readonly right: Matrix;
}

/** @throws RlvrError `config/invalid`. */
function checkShape({ rows, columns, data }: SourceMatrix, shape: readonly [number, number]): void {
  if (rows === shape[0] && columns === shape[1] && data.length === rows * columns) return;
  const problem = `Expected a ${shape[0]} x ${shape[1]} matrix, not ${rows} x ${columns} with ${data.length} entries.`;
  throw new RlvrError('config/invalid', problem, { rows, columns, entries: data.length });
}

function put(memory: WebAssembly.Memory, allocator: Allocator, { rows, columns, data }: SourceMatrix): RawMatrix {
  const at = allocator.numbers(rows * columns);
  if (data instanceof Float64Array) {
    new Float64Array(memory.buffer).set(data, at);
    return { at, rows, columns, isSingle: false };
  }
  new Float32Array(memory.buffer).set(data, 2 * at);
  return { at: 2 * at, rows, columns, isSingle: true };
}

/** The error that a report of failure stands for. @throws RlvrError `training/not-finite` with the place of the entry. */
function failure(report: Extract<Report, { kind: 'failed' }>, source: SourceMatrix, update?: LowRankUpdate): RlvrError {
  const shape = `${source.rows} x ${source.columns}`;
  if (!report.isNotFinite) {
    return new RlvrError('tensor/run', `A ${shape} matrix was not decomposed: ${report.message}`);
  }
  const parts = update === undefined ? [source] : [source, update.left, update.right];
  for (const part of parts) largestEntry({ ...part, data: Float64Array.from(part.data) });
  return new RlvrError('training/not-finite', `The update of a ${shape} matrix has products that are too large.`);
}

async function decompose(
  source: SourceMatrix,
  wanted: Pick<DecompositionRequest, 'vectors' | 'most'>,
  options: DecompositionOptions,
): Promise<Answer> {
  const { rows, columns } = source;
  const { update } = options;
  const rank = update?.left.columns ?? 0;
  checkShape(source, [rows, columns]);
  if (update !== undefined) {
    checkShape(update.left, [rows, rank]);
    checkShape(update.right, [rank, columns]);
  }
  const matrixOf = (memory: WebAssembly.Memory, at: number, length: number, count: number): Matrix => ({
    rows: length,
    columns: count,
    data: new Float64Array(memory.buffer, at * Float64Array.BYTES_PER_ELEMENT, length * count).slice(),
  });
  return inPool(
    {
      doubles: roomFor(rows, columns, rank),
      prepare: (memory, threads) => {
        const allocator = new Allocator(memory, threads);
        const inMemory = (matrix: SourceMatrix): RawMatrix => put(memory, allocator, matrix);
        const request: DecompositionRequest = {
          ...wanted,
          source: inMemory(source),
          ...(update === undefined
            ? {}
            : { update: { left: inMemory(update.left), right: inMemory(update.right), factor: update.factor } }),
        };
        return { kind: 'lead', memory, threads, used: allocator.used, request };
      },
      finish: (memory, report) => {
        if (report.kind === 'failed') throw failure(report, source, update);
        const { values, left, right, leftCount, rightCount } = report.decomposition;
        return {
          s: values,
          left: matrixOf(memory, left, rows, leftCount),
          right: matrixOf(memory, right, columns, rightCount),
        };
      },
    },
    options,
  );
}

/**
 * The singular values alone, largest first, computed in worker threads: as exact as `singularValues`. The decompositions of a process
 * are done one after the other, each by all threads, so the memory that they take is that of the largest.
 *
 * @throws RlvrError `training/not-finite` for a NaN or an infinity, `config/invalid` for shapes that do not fit or a matrix that is
 * too large, `engine/unavailable` and `engine/failed` where threads do not start or end.
 */
export async function singularValuesInBackground(
  source: SourceMatrix,
  options: DecompositionOptions = {},
): Promise<Float64Array> {
  const { s } = await decompose(source, { vectors: 'none' }, options);
  return s;
}

/** All singular values and vectors, computed in worker threads: bit for bit those of `svd`. Errors: `singularValuesInBackground`. */
export async function svdInBackground(
  source: SourceMatrix,
  options: DecompositionOptions = {},
): Promise<SingularVectors> {
  const { s, left, right } = await decompose(source, { vectors: 'both' }, options);
  return { u: left, s, v: right };
}

/**
 * All singular values, and the vectors of the shorter side only: half the work of `svdInBackground`, and a fraction of the memory for
 * long matrices. Errors: `singularValuesInBackground`.
 */
export async function shorterSideInBackground(
  source: SourceMatrix,
  options: DecompositionOptions = {},
): Promise<ShorterSide> {
  const { s, left, right } = await decompose(source, { vectors: 'shorter' }, options);
  return source.rows < source.columns ? { s, side: 'left', vectors: left } : { s, side: 'right', vectors: right };
}

/** The largest singular values with their vectors, and the other values. */
export interface TopSvd extends SingularVectors {
  /** All min(rows, columns) singular values; `s` has the first of them. */
  readonly values: Float64Array;
}

/** Options of `topSvdInBackground`. */
export interface TopSvdOptions extends DecompositionOptions {
  /** Singular triplets wanted; all of them where the matrix has fewer. */
  readonly rank: number;
}

/**
 * The largest singular values and their vectors, as exact as `svd`, whatever the spectrum, and all values along with them. Errors:
 * `singularValuesInBackground`.
 */
export async function topSvdInBackground(source: SourceMatrix, options: TopSvdOptions): Promise<TopSvd> {
  const { rank } = options;
  if (!Number.isInteger(rank) || rank < 1) {
    throw new RlvrError('config/invalid', `The number of singular vectors is a positive integer, not ${rank}.`, {
      rank,
    });
  }
  const { s, left, right } = await decompose(source, { vectors: 'both', most: rank }, options);
  return { u: left, s: s.slice(0, rank), v: right, values: s };
}
