import type { OptimizedParameter, OptimizerScalars, ParameterUpdate } from '../contracts/optimizer.ts';
import type { ParameterSpec } from '../contracts/parameter.ts';
import { tf } from '../tensor/tf.ts';
import { biasCorrection, momentSlots, nextMoments, type Betas } from './adamMoments.ts';
import { decoupledDecay } from './decay.ts';
import { oncePer, type GroupSettings } from './parameterGroups.ts';

/** What AdamW is told beside each parameter's settings. */
export interface AdamwOptions {
  readonly betas: Betas;
  readonly eps: number;
  /** Whether to divide by the largest average of squares so far. */
  readonly amsgrad: boolean;
}

/** Scalars of one step, shared by all parameters. */
interface StepFactors {
  /** What m / (sqrt(v) + eps) is multiplied with, by learning-rate scale. */
  size(scale: number): tf.Scalar;
  /** The parameter as its decay leaves it, before the step. */
  decayed(value: tf.Tensor, settings: GroupSettings): tf.Tensor;
  readonly eps: tf.Scalar;
}

/** torch divides sqrt(v) by the square root of its correction; here eps and the step's size are multiplied by it, once for all. */
function stepFactors({ betas, eps }: AdamwOptions, scalars: OptimizerScalars): StepFactors {
  const first = biasCorrection(betas[0], scalars.step);
  const second = tf.sqrt(biasCorrection(betas[1], scalars.step));
  const size = tf.div<tf.Scalar>(tf.mul(scalars.learningRate, second), first);
  return {
    size: oncePer((scale) => tf.mul(size, scale)),
    decayed: decoupledDecay(scalars.learningRate),
    eps: tf.mul(second, eps),
  };
}

function updated(
  options: AdamwOptions,
  { value, gradient, slots }: OptimizedParameter,
  settings: GroupSettings,
  factors: StepFactors,
): ParameterUpdate {
  const { mean, square } = nextMoments(slots, gradient, options.betas);
  const largest = options.amsgrad ? tf.maximum(slots['max_exp_avg_sq'] ?? 0, square) : undefined;
  const direction = tf.div(mean, tf.add(tf.sqrt(largest ?? square), factors.eps));
  return {
    value: tf.sub(factors.decayed(value, settings), tf.mul(direction, factors.size(settings.learningRateScale))),
    slots: {
      [momentSlots.mean]: mean,
      [momentSlots.square]: square,
      ...(largest === undefined ? {} : { max_exp_avg_sq: largest }),
    },
  };
}

/** Names of the slots of `adamwUpdates`. */
export function adamwSlots({ amsgrad }: Pick<AdamwOptions, 'amsgrad'>): readonly string[] {
  return [momentSlots.mean, momentSlots.square, ...(amsgrad ? ['max_exp_avg_sq'] : [])];
}

/**
 * AdamW (arXiv 1711.05101, algorithm 2) as torch.optim.AdamW computes it: p <- p (1 - lr decay) - lr m' / (sqrt(v') + eps) with
 * bias-corrected averages m', v'. `settings` gives each parameter its learning-rate scale and decay.
 */
export function adamwUpdates(
  options: AdamwOptions,
  parameters: readonly OptimizedParameter[],
  scalars: OptimizerScalars,
  settings: (spec: ParameterSpec) => GroupSettings,
): readonly ParameterUpdate[] {
  const factors = stepFactors(options, scalars);
  return parameters.map((parameter) => updated(options, parameter, settings(parameter.spec), factors));
}
