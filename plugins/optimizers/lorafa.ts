import { z } from 'zod';
import type {
  FrozenParameter,
  OptimizedParameter,
  Optimizer,
  OptimizerScalars,
  ParameterUpdate,
} from '../../core/contracts/optimizer.ts';
import type { ConfigFinding } from '../../core/contracts/plugin.ts';
import type { ParameterSpec } from '../../core/contracts/parameter.ts';
import { RlvrError } from '../../core/errors.ts';
import { biasCorrection, momentSlots, nextMoments } from '../../core/optimizer/adamMoments.ts';
import { adamOptions } from '../../core/optimizer/adamOptions.ts';
import { roundedToBfloat16 } from '../../core/optimizer/bfloat16.ts';
import { positiveInverse } from '../../core/optimizer/positiveInverse.ts';
import { tf } from '../../core/tensor/tf.ts';

const schema = z.strictObject({
  ...adamOptions,
  eps: z.number().positive().default(1e-6),
  weight_decay: z.number().min(0).default(0).describe('Applied after the step, to what the step made'),
  correct_bias: z.boolean().default(true).describe('Correct the averages for their start at zero'),
  bfloat16: z
    .boolean()
    .default(false)
    .describe('Round the gradient and the inverse, and their product, to bfloat16, as PEFT does'),
});

type Config = z.output<typeof schema>;

/** What is added to the diagonal of A A^T. */
const DAMPING = 1e-8;

/** The frozen A that belongs to a B. */
function partnerOf({ spec }: OptimizedParameter, frozen: readonly FrozenParameter[]): tf.Tensor2D {
  const name = `${spec.layer?.name}.lora_A`;
  const found = frozen.find(({ spec: other }) => other.name === name);
  if (found !== undefined) return found.value as tf.Tensor2D;
  throw new RlvrError('training/invariant', `LoRA-FA needs the frozen A of ${spec.name}, which was not given.`, {
    name,
  });
}

/** g_B <- (1 / s^2) g_B (A A^T + 1e-8 I)^-1 by parameter name. A's of one rank are inverted together. */
function corrected(
  { bfloat16 }: Config,
  parameters: readonly OptimizedParameter[],
  frozen: readonly FrozenParameter[],
): ReadonlyMap<string, tf.Tensor> {
  const pairs = parameters
    .filter(({ spec }) => spec.role === 'lora_B')
    .map((parameter) => ({ ...parameter, a: partnerOf(parameter, frozen) }));
  const ranks = [...new Set(pairs.map(({ a }) => a.shape[0]))];
  const round = <T extends tf.Tensor>(values: T): T => (bfloat16 ? roundedToBfloat16(values) : values);
  const gradients = ranks.flatMap((rank) => {
    const alike = pairs.filter(({ a }) => a.shape[0] === rank);
    const damping = tf.mul(tf.eye(rank), DAMPING);
    const squares = alike.map(({ a }) => tf.add<tf.Tensor2D>(tf.matMul(a, a, false, true), damping));
    const inverses = tf.unstack(positiveInverse(tf.stack(squares) as tf.Tensor3D)) as tf.Tensor2D[];
    return alike.map(({ spec, gradient }, i) => {
      const product = tf.matMul(round(gradient as tf.Tensor2D), round(inverses[i] as tf.Tensor2D));
      return [spec.name, round(tf.mul(round(product), 1 / spec.scaling ** 2))] as const;
    });
  });
  return new Map(gradients);
}

/** The size of this step: the learning rate, corrected for averages that start at zero. */
function stepSize(config: Config, { learningRate, step }: OptimizerScalars): tf.Scalar {
  const { betas } = config;
  if (!config.correct_bias) return learningRate;
  const second = tf.sqrt(biasCorrection(betas[1], step));
  return tf.div(tf.mul(learningRate, second), biasCorrection(betas[0], step));
}

function finding(message: string): ConfigFinding {
  return { severity: 'error', path: 'type', message };
}

/** Why these parameters cannot be trained this way. */
function problemWith(parameters: readonly ParameterSpec[]): string | undefined {
  const trained = parameters.filter(({ trainable }) => trainable);
  if (trained.some(({ role }) => role === 'magnitude')) {
    return 'LoRA-FA corrects the gradient of B for W + s B A; with DoRA’s magnitudes the layer is another function of B';
  }
  if (trained.some(({ role }) => role === 'lora_A' || role === 'lora_E')) {
    return 'LoRA-FA trains B alone, and this method trains A: use `type: lorafa` as the adapter, or lora with freeze_a';
  }
  if (trained.some(({ role }) => role === 'lora_B')) return undefined;
  return 'LoRA-FA corrects the gradient of B; this method has no B';
}

/**
 * LoRA-FA (arXiv 2308.03303) as PEFT ships it: with A frozen, g_B <- (1 / s^2) g_B (A A^T + 1e-8 I)^+, for which s g_B A comes nearest to
 * the gradient of the weight; then Adam with an eps that is not corrected, and decay after the step. Parameters other than B get plain
 * Adam.
 */
export const lorafa: Optimizer<Config> = {
  id: 'lorafa',
  summary: 'Adam on B, whose gradient is corrected for the frozen A',
  source: 'LoRA-FA, arXiv 2308.03303; as peft.optimizers.create_lorafa_optimizer, in float32 by default',
  config: schema,
  aliases: { epsilon: 'eps' },
  check(_config, parameters) {
    const problem = problemWith(parameters);
    return problem === undefined ? [] : [finding(problem)];
  },
  slots: (_config, { shape }) => Object.values(momentSlots).map((name) => ({ name, shape })),
  update(config, parameters, scalars, frozen) {
    const gradients = corrected(config, parameters, frozen);
    const size = stepSize(config, scalars);
    const kept = tf.sub(1, tf.mul(scalars.learningRate, config.weight_decay));
    return parameters.map(({ spec, value, gradient, slots }): ParameterUpdate => {
      const { mean, square } = nextMoments(slots, gradients.get(spec.name) ?? gradient, config.betas);
      const moved = tf.sub(value, tf.mul(tf.div(mean, tf.add(tf.sqrt(square), config.eps)), size));
      return {
        value: config.weight_decay === 0 ? moved : tf.mul(moved, kept),
        slots: { [momentSlots.mean]: mean, [momentSlots.square]: square },
      };
    });
  },
};
