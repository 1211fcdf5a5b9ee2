import { tf } from '../../tensor/tf.ts';

/** Clipped gradients with the norm that they had before. */
export interface ClippedGradients {
  readonly gradients: tf.Tensor[];
  /** Of all gradients together. */
  readonly norm: tf.Scalar;
}

/** Which norm: sum of magnitudes, Euclidean, or the largest magnitude. */
export type NormKind = 1 | 2 | 'inf';

function commonNorm(gradients: readonly tf.Tensor[], kind: NormKind): tf.Scalar {
  if (gradients.length === 0) return tf.scalar(0);
  if (kind === 'inf') {
    return tf.max(tf.stack(gradients.map((gradient) => tf.max<tf.Scalar>(tf.abs(gradient)))));
  }
  const powers = gradients.map((gradient) => tf.sum<tf.Scalar>(kind === 1 ? tf.abs(gradient) : tf.square(gradient)));
  const total = tf.addN<tf.Scalar>(powers);
  return kind === 1 ? total : tf.sqrt(total);
}

/**
 * Scales all gradients alike so that their common norm is at most `maxNorm`, with the coefficient maxNorm / (norm + 1e-6), at most 1, of
 * torch's `clip_grad_norm_`; the number 0 leaves them as they are. A norm that is not finite makes every gradient not finite.
 */
export function clipByNorm(
  gradients: readonly tf.Tensor[],
  maxNorm: tf.Scalar | number,
  kind: NormKind = 2,
): ClippedGradients {
  const norm = commonNorm(gradients, kind);
  if (maxNorm === 0) return { gradients: [...gradients], norm };
  const coefficient = tf.minimum(tf.div(maxNorm, tf.add(norm, 1e-6)), 1);
  return { gradients: gradients.map((gradient) => tf.mul(gradient, coefficient)), norm };
}
