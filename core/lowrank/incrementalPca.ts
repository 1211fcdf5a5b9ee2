import type { NormalSource } from '../linalg/randomizedSvd.ts';
import { columnsOf, matrix, transpose, type Matrix } from '../linalg/matrix.ts';
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
  for (const [i, value] of data.entries()) sums[i % columns] = (sums[i % columns] ?? 0) + value;
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

/** What stands for the rows seen before: the components times their singular values, and the shift of the mean. */
function withHistory(before: PrincipalComponents, centred: Matrix, means: Float64Array): Matrix {
  const { columns } = centred;
  const past = before.components.data.map((value, i) => value * (before.singularValues[Math.floor(i / columns)] ?? 0));
  const weight = Math.sqrt((before.rows / (before.rows + centred.rows)) * centred.rows);
  const shift = before.mean.map((mean, i) => weight * (mean - (means[i] ?? 0)));
  const data = new Float64Array(past.length + centred.data.length + shift.length);
  data.set(past);
  data.set(centred.data, past.length);
  data.set(shift, past.length + centred.data.length);
  return { rows: data.length / columns, columns, data };
}

/**
 * The `count` leading principal components after one more batch [rows, features], with at least `count` rows (D. A. Ross, J. Lim, R.-S.
 * Lin, M.-H. Yang: Incremental learning for robust visual tracking, 2008; scikit-learn's IncrementalPCA).
 */
export function addBatch(
  before: PrincipalComponents | undefined,
  batch: Matrix,
  count: number,
  random: NormalSource,
): PrincipalComponents {
  const { rows, columns } = batch;
  const means = columnMeans(batch);
  const centred = matrix(
    rows,
    columns,
    batch.data.map((value, i) => value - (means[i % columns] ?? 0)),
  );
  const total = (before?.rows ?? 0) + rows;
  const mean = means.map((value, i) => (value * rows + (before?.mean[i] ?? 0) * (before?.rows ?? 0)) / total);
  const own = columnMeans(
    matrix(
      rows,
      columns,
      centred.data.map((value) => value * value),
    ),
  );
  const deviations = own.map((square, i) => {
    const shift = (before?.mean[i] ?? 0) - (means[i] ?? 0);
    return square * rows + (before?.deviations[i] ?? 0) + (shift * shift * (before?.rows ?? 0) * rows) / total;
  });
  const source = before === undefined ? centred : withHistory(before, centred, means);
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
