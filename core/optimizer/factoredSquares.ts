import type { OptimizedParameter, SlotSpec } from '../contracts/optimizer.ts';
import { tf } from '../tensor/tf.ts';

/**
 * Running averages of squared gradients as Adafactor keeps them (arXiv 1804.04235): of what has at least two dimensions its margins
 * alone.
 */
export type FactoredSquares = { readonly row: tf.Tensor; readonly column: tf.Tensor } | { readonly each: tf.Tensor };

const names = { row: 'exp_avg_sq_row', column: 'exp_avg_sq_col', each: 'exp_avg_sq' } as const;

/** The slots that keep them: means over columns [..., rows, 1] and over rows [..., 1, columns], or one value each. */
export function squareSlots(shape: readonly number[]): readonly SlotSpec[] {
  if (shape.length < 2) return [{ name: names.each, shape }];
  return [
    { name: names.row, shape: [...shape.slice(0, -1), 1] },
    { name: names.column, shape: [...shape.slice(0, -2), 1, shape.at(-1) ?? 1] },
  ];
}

/** The averages with this step's squares, which enter by `share`. */
export function nextSquares(slots: OptimizedParameter['slots'], squares: tf.Tensor, share: tf.Scalar): FactoredSquares {
  const kept = tf.sub(1, share);
  const moved = (name: string, entering: tf.Tensor): tf.Tensor =>
    tf.add(tf.mul(slots[name] ?? 0, kept), tf.mul(entering, share));
  if (squares.rank < 2) return { each: moved(names.each, squares) };
  return {
    row: moved(names.row, tf.mean(squares, -1, true)),
    column: moved(names.column, tf.mean(squares, -2, true)),
  };
}

/** The averages by the names of their slots. */
export function squareValues(squares: FactoredSquares): Readonly<Record<string, tf.Tensor>> {
  return 'each' in squares
    ? { [names.each]: squares.each }
    : { [names.row]: squares.row, [names.column]: squares.column };
}

/** Root of the mean of squares of all values. */
export function rootMeanSquare(values: tf.Tensor): tf.Scalar {
  return tf.sqrt(tf.mean<tf.Scalar>(tf.square(values)));
}

/** An update scaled down so that its root mean square is at most `threshold`. */
export function clippedUpdate(update: tf.Tensor, threshold: number): tf.Tensor {
  return tf.div(update, tf.maximum(tf.div(rootMeanSquare(update), threshold), 1));
}
