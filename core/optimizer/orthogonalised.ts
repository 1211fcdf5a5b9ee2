import { tf } from '../tensor/tf.ts';
import { roundedToBfloat16 } from './bfloat16.ts';

/** How matrices are orthogonalised. */
export interface OrthogonalisationOptions {
  /** a, b, c of X <- a X + (b G + c G G) X, G = X X^T. */
  readonly coefficients: readonly [number, number, number];
  readonly iterations: number;
  /** Least norm that a matrix is divided by. */
  readonly eps: number;
  /** Whether to round what is computed to bfloat16. */
  readonly bfloat16: boolean;
}

/**
 * U V^T of each matrix U S V^T, about: singular values come between 0.7 and 1.2 for Muon's coefficients. Newton-Schulz iteration of fifth
 * order (K. Jordan et al., "Muon: an optimizer for hidden layers", 2024). Matrices of one shape go through the same few products.
 */
export function orthogonalised(
  matrices: readonly tf.Tensor2D[],
  options: OrthogonalisationOptions,
): readonly tf.Tensor2D[] {
  const isTall = ({ shape }: tf.Tensor2D): boolean => shape[0] > shape[1];
  const turned = (matrix: tf.Tensor2D, tall: boolean): tf.Tensor2D =>
    tall ? tf.transpose<tf.Tensor2D>(matrix) : matrix;
  const sizesOf = ({ shape }: tf.Tensor2D): string => `${Math.min(...shape)} ${Math.max(...shape)}`;
  const done = new Map<tf.Tensor2D, tf.Tensor2D>();
  for (const sizes of new Set(matrices.map(sizesOf))) {
    const alike = matrices.filter((matrix) => sizesOf(matrix) === sizes);
    const stack = tf.stack(alike.map((matrix) => turned(matrix, isTall(matrix)))) as tf.Tensor3D;
    const results = tf.unstack(iterated(stack, options)) as tf.Tensor2D[];
    alike.forEach((matrix, i) => done.set(matrix, turned(results[i] as tf.Tensor2D, isTall(matrix))));
  }
  return matrices.map((matrix) => done.get(matrix) as tf.Tensor2D);
}

function iterated(
  matrices: tf.Tensor3D,
  { coefficients: [a, b, c], iterations, eps, bfloat16 }: OrthogonalisationOptions,
): tf.Tensor3D {
  const round = (values: tf.Tensor3D): tf.Tensor3D => (bfloat16 ? roundedToBfloat16(values) : values);
  const given = round(matrices);
  const norm = round(tf.sqrt(tf.sum<tf.Tensor3D>(tf.square(given), [1, 2], true)));
  let result = round(tf.div(given, tf.maximum(norm, eps)));
  for (let iteration = 0; iteration < iterations; iteration++) {
    const gram = round(tf.matMul(result, result, false, true));
    const update = round(tf.add<tf.Tensor3D>(tf.mul(gram, b), tf.mul(tf.matMul(gram, gram), c)));
    result = round(tf.add<tf.Tensor3D>(tf.mul(result, a), tf.matMul(update, result)));
  }
  return result;
}
