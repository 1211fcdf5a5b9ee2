import { tf } from '../tensor/tf.ts';

/** Clipped gradients with the norm that they had before. */
export interface ClippedGradients {
  readonly gradients: tf.Tensor[];
  /** Euclidean norm of all gradients together. */
  readonly norm: tf.Scalar;
}

/**
 * Scales all gradients alike so that their common norm is at most `maxNorm`, with torch's coefficient maxNorm / (norm + 1e-6), at most 1;
 * the number 0 leaves them as they are. A norm that is not finite makes every gradient not finite.
 */
export function clipByGlobalNorm(gradients: readonly tf.Tensor[], maxNorm: tf.Scalar | number): ClippedGradients {
  const squares = gradients.map((gradient) => tf.sum<tf.Scalar>(tf.square(gradient)));
  const norm = tf.sqrt(squares.length === 0 ? tf.scalar(0) : tf.addN<tf.Scalar>(squares));
  if (maxNorm === 0) return { gradients: [...gradients], norm };
  const coefficient = tf.minimum(tf.div(maxNorm, tf.add(norm, 1e-6)), 1);
  return { gradients: gradients.map((gradient) => tf.mul(gradient, coefficient)), norm };
}
