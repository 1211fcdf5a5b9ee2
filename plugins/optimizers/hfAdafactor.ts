import { z } from 'zod';
import type {
  OptimizedParameter,
  Optimizer,
  OptimizerScalars,
  ParameterUpdate,
} from '../../core/contracts/optimizer.ts';
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

const schema = z
  .strictObject({
    eps: z
      .tuple([z.number().positive(), z.number().min(0)])
      .default([1e-30, 1e-3])
      .describe('Added to squared gradients, and least size of a parameter'),
    clip_threshold: z
      .number()
      .positive()
      .default(1)
      .describe('Root mean square of a step above which it is scaled down'),
    decay_rate: z.number().max(0).default(-0.8).describe('Step t enters the average of squares by t^decay_rate'),
    beta1: z.number().min(0).lt(1).optional().describe('Decay of an average of the steps; none when left out'),
    scale_parameter: z
      .boolean()
      .default(false)
      .describe('Make steps relative to the root mean square of the parameter'),
    relative_step: z
      .boolean()
      .default(false)
      .describe('Take 1 / sqrt(t), at most 0.01, as learning rate; learning_rate and schedule are then not used'),
    warmup_init: z.boolean().default(false).describe('Of relative_step: at most 1e-6 t instead of 0.01'),
    ...groupOptions,
  })
  .refine((config) => !config.warmup_init || config.relative_step, {
    error: 'warmup_init needs relative_step',
  });

type Config = z.output<typeof schema>;

const averageSlot = 'exp_avg';

/** 1 / sqrt(v). */
function inverseRoot(squares: FactoredSquares): tf.Tensor {
  if ('each' in squares) return tf.rsqrt(squares.each);
  const share = tf.div(squares.row, tf.mean(squares.row, -2, true));
  return tf.mul(tf.rsqrt(share), tf.rsqrt(squares.column));
}

function learningRateOf(config: Config, { learningRate, step }: OptimizerScalars): tf.Scalar {
  if (!config.relative_step) return learningRate;
  return tf.minimum(config.warmup_init ? tf.mul(step, 1e-6) : 1e-2, tf.rsqrt(step));
}

function updated(
  config: Config,
  { spec, value, gradient, slots }: OptimizedParameter,
  share: tf.Scalar,
  rateOf: (scale: number) => tf.Scalar,
): ParameterUpdate {
  const { learningRateScale, weightDecay } = settingsOf(config, spec);
  const [added, smallestSize] = config.eps;
  const squares = nextSquares(slots, tf.add(tf.square(gradient), added), share);
  const own = rateOf(learningRateScale);
  const rate = config.scale_parameter ? tf.mul(own, tf.maximum(rootMeanSquare(value), smallestSize)) : own;
  const step = tf.mul(clippedUpdate(tf.mul(inverseRoot(squares), gradient), config.clip_threshold), rate);
  const average =
    config.beta1 === undefined
      ? undefined
      : tf.add(tf.mul(slots[averageSlot] ?? 0, config.beta1), tf.mul(step, 1 - config.beta1));
  const kept = weightDecay === 0 ? value : tf.mul(value, tf.sub(1, tf.mul(rate, weightDecay)));
  return {
    value: tf.sub(kept, average ?? step),
    slots: { ...squareValues(squares), ...(average === undefined ? {} : { [averageSlot]: average }) },
  };
}

/**
 * Adafactor (arXiv 1804.04235) as transformers.Adafactor computes it, with the defaults of transformers' Trainer (`optim: adafactor`):
 * plain learning rate, no scaling by the parameter. Momentum averages the steps, learning rate included, and the decay uses the step's
 * own rate.
 */
export const hfAdafactor: Optimizer<Config> = {
  id: 'hf_adafactor',
  summary: 'Adafactor as transformers computes it, with momentum and relative steps as options',
  source: 'arXiv 1804.04235; as transformers.Adafactor',
  config: schema,
  slots: ({ beta1 }, { shape }) => [
    ...squareSlots(shape),
    ...(beta1 === undefined ? [] : [{ name: averageSlot, shape }]),
  ],
  update(config, parameters, scalars) {
    const share = tf.pow<tf.Scalar>(scalars.step, config.decay_rate);
    const learningRate = learningRateOf(config, scalars);
    const rateOf = oncePer((scale) => tf.mul<tf.Scalar>(learningRate, scale));
    return parameters.map((parameter) => updated(config, parameter, share, rateOf));
  },
};
