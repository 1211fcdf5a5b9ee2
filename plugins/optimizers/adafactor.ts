import { z } from 'zod';
import type {
  OptimizedParameter,
  Optimizer,
  OptimizerScalars,
  ParameterUpdate,
} from '../../core/contracts/optimizer.ts';
import { decoupledDecay } from '../../core/optimizer/decay.ts';
import {
  clippedUpdate,
  nextSquares,
  rootMeanSquare,
  squareSlots,
  squareValues,
  type FactoredSquares,
} from '../../core/optimizer/factoredSquares.ts';
import { groupOptions, oncePer, settingsOf } from '../../core/optimizer/parameterGroups.ts';
import { tf } from '../../core/tensor/tf.ts';

/** torch.finfo(torch.float32).eps, which torch takes for None. */
const SINGLE_EPSILON = 2 ** -23;

const schema = z.strictObject({
  beta2_decay: z.number().max(0).default(-0.8).describe('Step t enters the average of squares by t^beta2_decay'),
  eps: z
    .tuple([z.number().min(0), z.number().min(0)])
    .default([SINGLE_EPSILON, 1e-3])
    .describe('Least root of an average square (2^-23), and least size of a parameter'),
  d: z.number().min(1).default(1).describe('Root mean square of a step above which it is scaled down'),
  ...groupOptions,
});

type Config = z.output<typeof schema>;

/** 1 / sqrt(v), v not below the square of `smallest`. */
function inverseRoot(squares: FactoredSquares, smallest: number): tf.Tensor {
  const estimate =
    'each' in squares
      ? squares.each
      : tf.div(tf.mul(squares.row, squares.column), tf.maximum(tf.mean(squares.row, -2, true), smallest));
  return tf.rsqrt(tf.maximum(estimate, smallest ** 2));
}

/** Scalars of a step that all parameters share. */
interface StepFactors {
  readonly share: tf.Scalar;
  /** The relative step min(lr, 1 / sqrt(t)) by learning-rate scale. */
  relative(scale: number): tf.Scalar;
}

function stepFactors(config: Config, { learningRate, step }: OptimizerScalars): StepFactors {
  const bound = tf.rsqrt(step);
  return {
    share: tf.pow(step, config.beta2_decay),
    relative: oncePer((scale) => tf.minimum<tf.Scalar>(tf.mul(learningRate, scale), bound)),
  };
}

function updated(
  config: Config,
  { spec, value, gradient, slots }: OptimizedParameter,
  factors: StepFactors,
  decayed: ReturnType<typeof decoupledDecay>,
): ParameterUpdate {
  const settings = settingsOf(config, spec);
  const [smallest, smallestSize] = config.eps;
  const squares = nextSquares(slots, tf.square(gradient), factors.share);
  const direction = clippedUpdate(tf.mul(inverseRoot(squares, smallest), gradient), config.d);
  const size = tf.mul(tf.maximum(rootMeanSquare(value), smallestSize), factors.relative(settings.learningRateScale));
  return { value: tf.sub(decayed(value, settings), tf.mul(direction, size)), slots: squareValues(squares) };
}

/**
 * Adafactor (arXiv 1804.04235, algorithms 4 and 5) as torch.optim.Adafactor computes it: squares of gradients are kept as their means over
 * rows and columns, a step is relative to the root mean square of its parameter, and the learning rate is at most 1 / sqrt(t).
 */
export const adafactor: Optimizer<Config> = {
  id: 'adafactor',
  summary: 'Adam’s scaling from means over rows and columns alone; steps relative to the parameter',
  source: 'Adafactor, arXiv 1804.04235; as torch.optim.Adafactor',
  config: schema,
  slots: (_config, { shape }) => squareSlots(shape),
  update(config, parameters, scalars) {
    const factors = stepFactors(config, scalars);
    const decayed = decoupledDecay(scalars.learningRate);
    return parameters.map((parameter) => updated(config, parameter, factors, decayed));
  },
};
