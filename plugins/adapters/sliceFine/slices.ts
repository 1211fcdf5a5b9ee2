import type { LayerTensors } from '../../../core/contracts/adapter.ts';
import { matrixShape } from '../../../core/lowrank/matrixShape.ts';
import type { LowRank } from '../../../core/tensor/ops/lowRankLinear.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { names, type LayerOptions } from './options.ts';

/** Where the slices of a layer are: the first column, the first row, and whether the rows are the ones trained (1) or the columns (0). */
export interface SlicePlace {
  readonly column: tf.Scalar;
  readonly row: tf.Scalar;
  readonly isRow: tf.Scalar;
}

/** The place that a position [3] says. */
export function placeOf(position: tf.Tensor): SlicePlace {
  const entry = (index: number): tf.Scalar => tf.reshape(tf.slice(position, [index], [1]), []);
  return { column: entry(0), row: entry(1), isRow: entry(2) };
}

/** 0, 1, ... count - 1 */
function counted(count: number): tf.Tensor1D {
  return tf.tensor1d(Array.from({ length: count }, (_, index) => index));
}

/** Row k has a 1 in column (start + k) mod `size`: which columns (or rows) of a matrix the slice is. [rank, size] */
function selector(start: tf.Scalar, rank: number, size: number): tf.Tensor2D {
  const first = tf.reshape(counted(rank), [rank, 1]);
  const places = tf.mod(tf.add(first, start), size);
  return tf.cast(tf.equal(places, tf.reshape(counted(size), [1, size])), 'float32');
}

/** The values of the columns (axis 1) or rows (axis 0) of a matrix that a slice is. */
export function sliceAt(matrix: tf.Tensor, start: tf.Scalar, rank: number, axis: 0 | 1): tf.Tensor {
  const places = tf.mod(tf.add(counted(rank), start), matrix.shape[axis] ?? 1);
  return tf.gather(matrix, tf.cast(places, 'int32'), axis);
}

/**
 * The weight without the slice that is trained, and that slice as a product B A: columns S [out, r] at the places that E [r, in] selects
 * are S E; rows S [r, in] are E^T S. So a product with the layer costs what it costs with a low-rank update, and the gradient reaches S
 * alone.
 */
export function slicedParts(
  layer: Pick<LayerTensors<LayerOptions>, 'layer' | 'options'>,
  base: tf.Tensor,
  place: SlicePlace,
  parameter: (name: string) => tf.Tensor,
): LowRank {
  const [out, inputs] = matrixShape(layer.layer);
  const { rank, modes } = layer.options;
  const [left, right]: [tf.Tensor2D[], tf.Tensor2D[]] = [[], []];
  let rest = base as tf.Tensor2D;
  if (modes.includes('column')) {
    const active = modes.length === 1 ? tf.scalar(1) : tf.sub(1, place.isRow);
    const chosen = tf.mul<tf.Tensor2D>(selector(place.column, rank, inputs), active);
    rest = tf.mul(rest, tf.sub(1, tf.sum(chosen, 0, true)));
    left.push(parameter(names.columns) as tf.Tensor2D);
    right.push(chosen);
  }
  if (modes.includes('row')) {
    const active = modes.length === 1 ? tf.scalar(1) : place.isRow;
    const chosen = tf.mul<tf.Tensor2D>(tf.transpose(selector(place.row, rank, out)), active);
    rest = tf.mul(rest, tf.sub(1, tf.sum(chosen, 1, true)));
    left.push(chosen);
    right.push(parameter(names.rows) as tf.Tensor2D);
  }
  const [b, a] = [tf.concat(left, 1), tf.concat(right, 0)];
  return { weight: rest, a, b, scaling: 1 };
}

/** The same for a layer as it is. */
export function partsOf(layer: LayerTensors<LayerOptions>): LowRank {
  const { options, weight, parameter } = layer;
  const base = options.interval === 0 ? weight : parameter(names.kept);
  const position = options.interval === 0 ? tf.tensor1d([...options.start]) : parameter(names.position);
  return slicedParts(layer, base, placeOf(position), parameter);
}
