import { RlvrError } from '../../errors.ts';
import { columnsOf, matrix, type Matrix } from '../../linalg/matrix.ts';
import { multiply, multiplyLeftTransposed } from '../../linalg/multiply.ts';
import { qr } from '../../linalg/qr.ts';
import { svd } from '../../linalg/svd.ts';
import { batchesOf } from '../batches.ts';
import { cordaSchema } from '../initialisation.ts';
import { sharedTriplets } from './singularStart.ts';
import { calibrationOf, type LowRankFactors, type StartContext } from './startContext.ts';

/** Share of the covariance's mean diagonal that is added to its diagonal, so that it can be inverted. */
const DAMPING = 0.01;

/** Mean over batches of X^T X, each batch divided by its largest entry first, and the damping. [in, in] */
function dampedCovariance(batches: readonly Matrix[], layer: string): Matrix {
  const [{ columns: size } = { columns: 0 }] = batches;
  const sum = new Float64Array(size * size);
  for (const batch of batches) {
    const largest = Math.abs(batch.data.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY));
    const factor = 1 / (largest * largest * batches.length);
    const product = multiplyLeftTransposed(batch, batch).data;
    for (const [i, value] of product.entries()) sum[i] = (sum[i] ?? 0) + value * factor;
  }
  let trace = 0;
  for (let i = 0; i < size; i++) trace += sum[i * size + i] ?? 0;
  if (!(trace > 0 && trace < Number.POSITIVE_INFINITY)) {
    throw new RlvrError(
      'adapter/invalid',
      `The activations of ${layer} are zero or not finite: CorDA has no directions.`,
      {
        layer,
      },
    );
  }
  for (let i = 0; i < size; i++) sum[i * size + i] = (sum[i * size + i] ?? 0) + (DAMPING * trace) / size;
  return matrix(size, size, sum);
}

/** X of C X = Y for a square C, by C = Q R and back substitution. */
function solve(coefficients: Matrix, right: Matrix): Matrix {
  const { q, r } = qr(coefficients);
  const solution = multiplyLeftTransposed(q, right);
  const { rows: size, columns, data } = solution;
  for (let row = size - 1; row >= 0; row--) {
    const target = data.subarray(row * columns, (row + 1) * columns);
    for (let other = row + 1; other < size; other++) {
      const factor = r.data[row * size + other] ?? 0;
      for (let column = 0; column < columns; column++) {
        target[column] = (target[column] ?? 0) - factor * (data[other * columns + column] ?? 0);
      }
    }
    const pivot = r.data[row * size + row] ?? 0;
    for (let column = 0; column < columns; column++) target[column] = (target[column] ?? 0) / pivot;
  }
  return solution;
}

/**
 * CorDA (arXiv 2406.05223): the SVD of W C with the covariance C of the layer's inputs, U S (V^T C^-1) = W. The triplets with the largest
 * (`ipm`) or smallest (`kpm`) values become A and B, and the frozen weight W - s B A. As in PEFT, each batch is divided by its largest
 * entry and C is damped by a hundredth of its mean diagonal; in float64 that always suffices to invert it.
 */
export function cordaStart(context: StartContext): LowRankFactors {
  const { shape, rank, scaling, weight, layer, settings } = context;
  const [, inputs] = shape;
  const calibration = calibrationOf(context, 'activations', inputs);
  const covariance = dampedCovariance(batchesOf(calibration, inputs), layer);
  const { u, s, v } = svd(multiply(matrix(...shape, weight), covariance));
  const { corda_method: method } = settings.corda_config ?? cordaSchema.parse({});
  const from = method === 'ipm' ? 0 : s.length - rank;
  const chosen = { u: columnsOf(u, from, from + rank), s: s.slice(from, from + rank) };
  return sharedTriplets({ ...chosen, v: solve(covariance, columnsOf(v, from, from + rank)) }, 0, rank, scaling);
}
