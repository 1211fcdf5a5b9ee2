import { z } from 'zod';
import type {
  Optimizer,
  OptimizedParameter,
  OptimizerScalars,
  ParameterUpdate,
} from '../../core/contracts/optimizer.ts';
import { groupOptions, oncePer, settingsOf } from '../../core/optimizer/parameterGroups.ts';
import { tf } from '../../core/tensor/tf.ts';

const beta = z.number().min(0).lt(1);

const schema = z.strictObject({
  betas: z.tuple([beta, beta]).default([0.9, 0.999]).describe('Decay of the averages of gradient and squared gradient'),
  eps: z.number().positive().default(1e-8),
  amsgrad: z.boolean().default(false).describe('Divide by the largest average of squares so far'),
  ...groupOptions,
});

type Config = z.output<typeof schema>;

/** 1 - decay^step, to float32's full precision: the difference of two numbers near 1 would lose most digits in the first steps. */
function biasCorrection(decay: number, step: tf.Scalar): tf.Scalar {
  return decay === 0 ? tf.scalar(1) : tf.neg(tf.expm1(tf.mul(step, Math.log(decay))));
}

/** Scalars of one step, shared by all parameters. */
interface StepFactors {
  /** What m / (sqrt(v) + eps) is multiplied with, by learning-rate scale. */
  size(scale: number): tf.Scalar;
  /** What the parameter is multiplied with first, by learning-rate scale times decay. */
  kept(scaledDecay: number): tf.Scalar;
  readonly eps: tf.Scalar;
}

/** torch divides sqrt(v) by the square root of its correction; here eps and the step's size are multiplied by it, once for all. */
function stepFactors(config: Config, scalars: OptimizerScalars): StepFactors {
  const first = biasCorrection(config.betas[0], scalars.step);
  const second = tf.sqrt(biasCorrection(config.betas[1], scalars.step));
  const size = tf.div<tf.Scalar>(tf.mul(scalars.learningRate, second), first);
  return {
    size: oncePer((scale) => tf.mul(size, scale)),
    kept: oncePer((scaledDecay) => tf.sub(1, tf.mul(scalars.learningRate, scaledDecay))),
    eps: tf.mul(second, config.eps),
  };
}

function updated(config: Config, parameter: OptimizedParameter, factors: StepFactors): ParameterUpdate {
  const { spec, value, gradient, slots } = parameter;
  const [beta1, beta2] = config.betas;
  const mean = tf.add(tf.mul(slots['exp_avg'] ?? 0, beta1), tf.mul(gradient, 1 - beta1));
  const square = tf.add(tf.mul(slots['exp_avg_sq'] ?? 0, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const largest = config.amsgrad ? tf.maximum(slots['max_exp_avg_sq'] ?? 0, square) : undefined;
  const direction = tf.div(mean, tf.add(tf.sqrt(largest ?? square), factors.eps));
  const { learningRateScale, weightDecay } = settingsOf(config, spec);
  const kept = weightDecay === 0 ? value : tf.mul(value, factors.kept(learningRateScale * weightDecay));
  return {
    value: tf.sub(kept, tf.mul(direction, factors.size(learningRateScale))),
    slots: {
      exp_avg: mean,
      exp_avg_sq: square,
      ...(largest === undefined ? {} : { max_exp_avg_sq: largest }),
    },
  };
}

/**
 * AdamW (arXiv 1711.05101, algorithm 2) as torch.optim.AdamW computes it: p <- p (1 - lr decay) - lr m' / (sqrt(v') + eps) with
 * bias-corrected averages m', v'. Biases and norms do not decay unless `groups` says so.
 */
export const adamw: Optimizer<Config> = {
  id: 'adamw',
  summary: 'Adam with decoupled weight decay and parameter groups',
  source: 'arXiv 1711.05101; as torch.optim.AdamW, with weight_decay 0 by default',
  config: schema,
  aliases: { epsilon: 'eps', adam_epsilon: 'eps' },
  slots(config, { shape }) {
    const names = ['exp_avg', 'exp_avg_sq', ...(config.amsgrad ? ['max_exp_avg_sq'] : [])];
    return names.map((name) => ({ name, shape }));
  },
  update(config, parameters, scalars) {
    const factors = stepFactors(config, scalars);
    return parameters.map((parameter) => updated(config, parameter, factors));
  },
};
