import type { AdapterHooks, LayerStep } from '../../../core/contracts/adapter.ts';
import { matrixShape } from '../../../core/lowrank/matrixShape.ts';
import { mergeLowRank } from '../../../core/tensor/ops/lowRankLinear.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { names, type Config, type LayerOptions } from './options.ts';
import { placeOf, sliceAt, slicedParts } from './slices.ts';

/** The position after a move: what was trained goes on by r, around the end; the other kind is next, where there are two. */
function nextPosition({ layer, options, before }: LayerStep<LayerOptions>): tf.Tensor1D {
  const [out, inputs] = matrixShape(layer);
  const { rank, modes } = options;
  const { column, row, isRow } = placeOf(before(names.position));
  const isColumn = tf.sub(1, isRow);
  return tf.stack([
    tf.mod(tf.add(column, tf.mul(isColumn, rank)), inputs),
    tf.mod(tf.add(row, tf.mul(isRow, rank)), out),
    modes.length === 1 ? isRow : isColumn,
  ]) as tf.Tensor1D;
}

/** A layer's parameters after a step; where `moves` is 1, the slice has moved on and what it learned is kept. */
function movedParameters(layer: LayerStep<LayerOptions>, moves: tf.Scalar): Readonly<Record<string, tf.Tensor>> {
  const { options, before, after } = layer;
  const { rank, modes } = options;
  const isMove = tf.greater(moves, 0.5);
  const place = placeOf(before(names.position));
  const learned = mergeLowRank(slicedParts(layer, before(names.kept), place, after));
  const position = nextPosition(layer);
  const next = placeOf(position);
  const moved: Record<string, tf.Tensor> = {
    [names.kept]: tf.where(isMove, learned, before(names.kept)),
    [names.position]: tf.where(isMove, position, before(names.position)),
  };
  if (modes.includes('column')) {
    moved[names.columns] = tf.where(isMove, sliceAt(learned, next.column, rank, 1), after(names.columns));
  }
  if (modes.includes('row')) {
    moved[names.rows] = tf.where(isMove, sliceAt(learned, next.row, rank, 0), after(names.rows));
  }
  return Object.fromEntries(Object.entries(moved).map(([name, tensor]) => [`${layer.layer.name}.${name}`, tensor]));
}

/**
 * Moves the slices on after every `interval`-th step. The optimizer's averages stay: those of squared gradients are of the right size for
 * the next slice of the same layer, and a restart in the middle of a run would not be corrected for its beginning at zero, so that Adam's
 * first updates would be several times too large. What is left of the former slice's momentum fades within a few steps.
 */
export const moving: AdapterHooks<Config, LayerOptions> = {
  scalars: ({ interval }, _plan, step) => ({ moves: Number(interval > 0 && step % interval === 0) }),
  afterStep(config, layers, { extra }) {
    const [first] = layers;
    if (config.interval === 0 || first === undefined) return {};
    const moves = extra['moves'] ?? tf.scalar(0);
    const moved = layers.map((layer) => movedParameters(layer, moves));
    // The position of this step, before a move.
    const { column, row, isRow } = placeOf(first.before(names.position));
    const position = tf.add<tf.Scalar>(tf.mul(isRow, row), tf.mul(tf.sub(1, isRow), column));
    return {
      parameters: Object.assign({}, ...moved) as Record<string, tf.Tensor>,
      metrics: { slice_position: position, slice_is_row: isRow },
    };
  },
};
