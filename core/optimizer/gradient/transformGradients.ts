import type { ParameterSpec } from '../../contracts/parameter.ts';
import { tf } from '../../tensor/tf.ts';
import { isSelected } from '../parameterGroups.ts';
import { clipByNorm } from './clipByNorm.ts';
import type { GradientStep } from './gradientSteps.ts';

/** A trained parameter's gradient. */
export interface NamedGradient {
  readonly spec: ParameterSpec;
  readonly gradient: tf.Tensor;
}

/** Orthonormal directions of a layer's weight [out, in], row-major: its leading left vectors [out, count] and right vectors [in, count]. */
export interface LeadingDirections {
  readonly count: number;
  readonly left: Float32Array;
  readonly right: Float32Array;
}

/** The directions of a layer for a number of them. */
export type DirectionSource = (layer: string, rank: number) => LeadingDirections;

/** A transformation of all gradients at once, without state. It keeps their number, order and shapes. */
type Transformation = (gradients: readonly NamedGradient[]) => readonly tf.Tensor[];

/** The sides of a parameter's gradient that lie in the space of its layer's outputs and inputs: those of B, A and the weight itself. */
export function projectedSides({ role, shape, layer }: ParameterSpec): readonly ('left' | 'right')[] {
  if (layer?.kind !== 'linear' || shape.length !== 2) return [];
  if (role === 'lora_B') return ['left'];
  if (role === 'lora_A') return ['right'];
  return role === 'weight' ? ['left', 'right'] : [];
}

/** V V^T G on a side: what of a gradient lies in the directions. */
function within(gradient: tf.Tensor2D, side: 'left' | 'right', { count, left, right }: LeadingDirections): tf.Tensor2D {
  const values = side === 'left' ? left : right;
  const basis = tf.tensor2d(values, [values.length / count, count]);
  return side === 'left'
    ? tf.matMul(basis, tf.matMul(basis, gradient, true, false))
    : tf.matMul(tf.matMul(gradient, basis), basis, false, true);
}

function projected(
  { spec, gradient }: NamedGradient,
  { keep, rank }: Extract<GradientStep, { type: 'project' }>,
  directions: DirectionSource,
): tf.Tensor {
  let result = gradient as tf.Tensor2D;
  for (const side of projectedSides(spec)) {
    const part = within(result, side, directions(spec.layer?.name ?? '', rank));
    result = keep === 'onto' ? part : tf.sub(result, part);
  }
  return result;
}

/** Gradient centralisation (arXiv 2004.01461, equation 1): minus the mean over all but the first dimension; vectors stay as they are. */
function centralized({ gradient }: NamedGradient): tf.Tensor {
  if (gradient.rank < 2) return gradient;
  const others = Array.from({ length: gradient.rank - 1 }, (_, i) => i + 1);
  return tf.sub(gradient, tf.mean(gradient, others, true));
}

function transformation(step: GradientStep, directions: DirectionSource): Transformation {
  const each =
    (change: (given: NamedGradient) => tf.Tensor): Transformation =>
    (given) =>
      given.map(change);
  switch (step.type) {
    case 'clip_norm':
      return step.per === 'all'
        ? (given) =>
            clipByNorm(
              given.map(({ gradient }) => gradient),
              step.max_norm,
              step.norm,
            ).gradients
        : each(({ gradient }) => clipByNorm([gradient], step.max_norm, step.norm).gradients[0] as tf.Tensor);
    case 'clip_value':
      return each(({ gradient }) => tf.clipByValue(gradient, -step.max_value, step.max_value));
    case 'centralize':
      return each(centralized);
    case 'project':
      return each((given) => projected(given, step, directions));
  }
}

/** Carries out the steps one after the other, each on the parameters that it selects. */
export function transformGradients(
  steps: readonly GradientStep[],
  given: readonly NamedGradient[],
  directions: DirectionSource,
): readonly tf.Tensor[] {
  let gradients = given.map(({ gradient }) => gradient);
  for (const step of steps) {
    const now = given.map(({ spec }, i) => ({ spec, gradient: gradients[i] as tf.Tensor }));
    const chosen = now.filter(({ spec }) => isSelected(step, spec));
    const changed = transformation(step, directions)(chosen);
    const byName = new Map(chosen.map(({ spec }, i) => [spec.name, changed[i] as tf.Tensor]));
    gradients = now.map(({ spec, gradient }) => byName.get(spec.name) ?? gradient);
  }
  return gradients;
}
