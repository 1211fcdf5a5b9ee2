import type { NormalSource } from '../linalg/randomizedSvd.ts';
import { columnsOf, transpose, type Matrix } from '../linalg/matrix.ts';
import { qr } from '../linalg/qr.ts';
import { leadingTriplets } from './leadingTriplets.ts';

/** Principal components of all rows seen so far. */
export interface PrincipalComponents {
  /** [count, features], orthonormal rows, the one of the largest variance first; the largest entry of each is positive. */
  readonly components: Matrix;
  /** Of the centred rows, one a component. */
  readonly singularValues: Float64Array;
  /** Share of the total variance that each component has. */
  readonly varianceShares: Float64Array;
  /** Mean and sum of squared deviations of each feature over all rows. */
  readonly mean: Float64Array;
  readonly deviations: Float64Array;
  readonly rows: number;
}

function columnMeans({ rows, columns, data }: Matrix): Float64Array {
  const sums = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) sums[i % columns] = (sums[i % columns] ?? 0) + (data[i] ?? 0);
  return sums.map((sum) => sum / rows);
}

/** Rows of the first `count` right singular vectors, signed so that the largest entry of each is positive. */
function signedRows(v: Matrix, count: number): Matrix {
  const rows = transpose(columnsOf(v, 0, count));
  for (let row = 0; row < count; row++) {
    const values = rows.data.subarray(row * rows.columns, (row + 1) * rows.columns);
    const largest = values.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
    if (largest < 0) values.forEach((value, i) => (values[i] = -value));
  }
  return rows;
}

/** A batch with its mean apart, as few rows as do: those of R in X - mean = Q R, which has the same right singular vectors. */
export interface CentredBatch {
  readonly rows: number;
  readonly mean: Float64Array;
  /** [at most the number of features, features] */
  readonly centred: Matrix;
}

/** A batch [rows, features] as `addBatch` takes it, so that a batch that comes again costs little. */
export function centredBatch({ rows, columns, data }: Matrix): CentredBatch {
  const mean = columnMeans({ rows, columns, data });
  const whole = { rows, columns, data: data.map((value, i) => value - (mean[i % columns] ?? 0)) };
  return { rows, mean, centred: rows > columns ? qr(whole).r : whole };
}

/** What stands for the rows seen before: the components times their singular values, and the shift of the mean. */
function withHistory(before: PrincipalComponents, { rows, mean, centred }: CentredBatch): Matrix {
  const { columns } = centred;
  const past = before.components.data.map((value, i) => value * (before.singularValues[Math.floor(i / columns)] ?? 0));
  const weight = Math.sqrt((before.rows / (before.rows + rows)) * rows);
  const shift = before.mean.map((value, i) => weight * (value - (mean[i] ?? 0)));
  const data = new Float64Array(past.length + centred.data.length + shift.length);
  data.set(past);
  data.set(centred.data, past.length);
  data.set(shift, past.length + centred.data.length);
  return { rows: data.length / columns, columns, data };
}

/** Sums of squares of the columns. */
function columnSquares({ columns, data }: Matrix): Float64Array {
  const sums = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) sums[i % columns] = (sums[i % columns] ?? 0) + (data[i] ?? 0) ** 2;
  return sums;
}

/**
 * The `count` leading principal components after one more batch of at least `count` rows (D. A. Ross, J. Lim, R.-S. Lin, M.-H. Yang:
 * Incremental learning for robust visual tracking, 2008; scikit-learn's IncrementalPCA).
 */
export function addBatch(
  before: PrincipalComponents | undefined,
  batch: CentredBatch,
  count: number,
  random: NormalSource,
): PrincipalComponents {
  const seen = before?.rows ?? 0;
  const total = seen + batch.rows;
  const mean = batch.mean.map((value, i) => (value * batch.rows + (before?.mean[i] ?? 0) * seen) / total);
  const deviations = columnSquares(batch.centred).map((own, i) => {
    const shift = (before?.mean[i] ?? 0) - (batch.mean[i] ?? 0);
    return own + (before?.deviations[i] ?? 0) + (shift * shift * seen * batch.rows) / total;
  });
  const source = before === undefined ? batch.centred : withHistory(before, batch);
  const { s, v } = leadingTriplets(source, count, random);
  const singularValues = s.slice(0, count);
  const variance = deviations.reduce((sum, value) => sum + value, 0);
  return {
    components: signedRows(v, count),
    singularValues,
    varianceShares: singularValues.map((value) => (variance > 0 ? (value * value) / variance : 0)),
    mean,
    deviations,
    rows: total,
  };
}
