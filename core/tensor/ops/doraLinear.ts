import { tf } from '../tf.ts';
import { isTracing } from '../traceBackend.ts';
import { at, emitOne } from './emit.ts';
import { linear, scaledMatMul } from './linear.ts';
import { mergeLowRank, type LowRank } from './lowRankLinear.ts';
import { withGradient } from './withGradient.ts';
import { withoutGradient } from './withoutGradient.ts';

/** A frozen weight with a low-rank update and a trained length of each row: (m / ||V||) V with V = W + s B A, row by row. */
export interface Magnified extends LowRank {
  /** m [out] */
  readonly magnitude: tf.Tensor1D;
}

/** What stands for the norm of a row that is zero, so that it stays zero instead of becoming 0 / 0. */
const SMALLEST_NORM = 1e-12;

/** The Euclidean norm of each row, and at least a tiny number. [rows, columns] -> [rows] */
function rowNorms(matrix: tf.Tensor2D): tf.Tensor1D {
  const norms = isTracing()
    ? emitOne([matrix], (builder, values) => {
        const { type, shape } = at(values, 0);
        const output = { type, shape: [at(shape, 0)] };
        return builder.add('ReduceL2', [at(values, 0), builder.int64s([1])], output, {
          attributes: { keepdims: { int: 0 } },
        });
      })
    : tf.sqrt(tf.sum(tf.square(matrix), 1));
  return tf.maximum(norms, SMALLEST_NORM);
}

/** m / ||V||, the norm being taken as given by the gradient (arXiv 2402.09353, section 4.3). [out] */
function rowGains({ magnitude }: Magnified, direction: tf.Tensor2D): tf.Tensor1D {
  return tf.div(magnitude, withoutGradient([direction], rowNorms));
}

/**
 * y = (x V^T) g + bias with V = W + s B A and g = m / ||V||, for x [tokens, in] -> [tokens, out]. V is formed once, as in `lowRankLinear`;
 * g scales the output, so that beside LoRA's products there are the norms and three passes over outputs. Gradients, the norm taken as
 * given: with dz = dy g, dm = sum over tokens of dy (x V^T) / ||V||, dx = dz V, dA = s (dz B)^T x, dB = s dz^T (x A^T), and the bias gets
 * the sum of dy. W gets none.
 */
export function doraLinear(x: tf.Tensor2D, parts: Magnified, bias?: tf.Tensor1D): tf.Tensor2D {
  const { weight, scaling } = parts;
  const y = withGradient(
    [x, parts.a, parts.b, parts.magnitude, ...(bias === undefined ? [] : [bias])],
    (x2, a, b, m, bias2?: tf.Tensor) => {
      const direction = mergeLowRank({ weight, a, b, scaling });
      const norms = rowNorms(direction);
      const gains = tf.div<tf.Tensor1D>(m, norms);
      const z: tf.Tensor2D = tf.matMul(x2, direction, false, true);
      const scaled = tf.mul(z, gains);
      return {
        value: bias2 === undefined ? scaled : tf.add(scaled, bias2),
        saved: [x2, a, b, direction, norms, gains, z],
      };
    },
    (dy, saved: [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, tf.Tensor1D, tf.Tensor2D]) => {
      const [x2, a, b, direction, norms, gains, z] = saved;
      const dz = tf.mul<tf.Tensor2D>(dy, gains);
      const u: tf.Tensor2D = tf.matMul(x2, a, false, true);
      const v: tf.Tensor2D = tf.matMul(dz, b);
      return [
        tf.matMul(dz, direction),
        scaledMatMul(v, x2, scaling, true),
        scaledMatMul(dz, u, scaling, true),
        tf.div(tf.sum(tf.mul(dy, z), 0), norms),
        ...(bias === undefined ? [] : [tf.sum(dy, 0)]),
      ];
    },
  );
  return y as tf.Tensor2D;
}

/** (m / ||V||) V, out of place. [out, in] */
export function mergeDora(parts: Magnified): tf.Tensor2D {
  const direction = mergeLowRank(parts);
  return tf.mul(tf.expandDims(rowGains(parts, direction), 1), direction);
}

/**
 * The same where A sees an input of which some is dropped: x W^T + bias + (g - 1) (x' W^T) + g s (x' A^T) B^T for x' = dropout(x), as in
 * PEFT.
 */
export function droppedDoraLinear(
  x: tf.Tensor2D,
  dropped: tf.Tensor2D,
  parts: Magnified,
  bias?: tf.Tensor1D,
): tf.Tensor2D {
  const { weight, a, b, scaling } = parts;
  const gains = rowGains(parts, mergeLowRank(parts));
  const base = tf.mul(tf.matMul(dropped, weight, false, true), tf.sub(gains, 1));
  const inner = tf.mul<tf.Tensor2D>(tf.matMul(dropped, a, false, true), scaling);
  const update = tf.mul(tf.matMul(inner, b, false, true), gains);
  return tf.add(linear(x, weight, bias), tf.add(base, update));
}
