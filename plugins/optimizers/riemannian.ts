import { z } from 'zod';
import type { OptimizedParameter, Optimizer } from '../../core/contracts/optimizer.ts';
import type { ParameterSpec } from '../../core/contracts/parameter.ts';
import type { ConfigFinding } from '../../core/contracts/plugin.ts';
import { adamOptions } from '../../core/optimizer/adamOptions.ts';
import { adamwSlots, adamwUpdates } from '../../core/optimizer/adamwUpdates.ts';
import { groupOptions, settingsOf } from '../../core/optimizer/parameterGroups.ts';
import { positiveInverse } from '../../core/optimizer/positiveInverse.ts';
import { nesterovIsPossible, nesterovNeeds, sgdOptions } from '../../core/optimizer/sgdOptions.ts';
import { sgdSlots, sgdUpdates } from '../../core/optimizer/sgdUpdates.ts';
import { tf } from '../../core/tensor/tf.ts';

const schema = z
  .strictObject({
    base: z.enum(['adamw', 'sgd']).default('adamw').describe('What steps along the preconditioned gradients'),
    reg: z
      .number()
      .min(1e-8)
      .default(1e-2)
      .describe('Added to the diagonals of B^T B and A A^T before they are inverted'),
    ...adamOptions,
    ...sgdOptions,
    ...groupOptions,
  })
  .refine(nesterovIsPossible, { error: nesterovNeeds });

type Config = z.output<typeof schema>;

const adamwOptions = ({ betas, eps }: Config) => ({ betas, eps, amsgrad: false });

/** A and B of one layer, both trained. */
interface Pair {
  readonly a: OptimizedParameter;
  readonly b: OptimizedParameter;
}

/** As in PEFT, pairs of embedding layers are left alone. */
function pairsOf(parameters: readonly OptimizedParameter[]): readonly Pair[] {
  const isPart = ({ role, layer }: ParameterSpec, wanted: string): boolean =>
    role === wanted && layer !== undefined && layer.kind !== 'embedding';
  const ofB = new Map(parameters.flatMap((b) => (isPart(b.spec, 'lora_B') ? [[b.spec.layer?.name, b] as const] : [])));
  return parameters.flatMap((a) => {
    const b = isPart(a.spec, 'lora_A') ? ofB.get(a.spec.layer?.name) : undefined;
    return b === undefined ? [] : [{ a, b }];
  });
}

/** g_A <- (B^T B + reg I)^-1 g_A and g_B <- g_B (A A^T + reg I)^-1, by parameter name. Matrices of one rank are inverted together. */
function preconditioned({ reg }: Config, parameters: readonly OptimizedParameter[]): ReadonlyMap<string, tf.Tensor> {
  const all = pairsOf(parameters);
  const rankOf = ({ a }: Pair): number => a.spec.shape[0] ?? 0;
  const gradients = [...new Set(all.map(rankOf))].flatMap((rank) => {
    const pairs = all.filter((pair) => rankOf(pair) === rank);
    const damping = tf.mul(tf.eye(rank), reg);
    const squares = pairs.flatMap(({ a, b }) => [
      tf.add<tf.Tensor2D>(tf.matMul(b.value as tf.Tensor2D, b.value as tf.Tensor2D, true, false), damping),
      tf.add<tf.Tensor2D>(tf.matMul(a.value as tf.Tensor2D, a.value as tf.Tensor2D, false, true), damping),
    ]);
    const inverses = tf.unstack(positiveInverse(tf.stack(squares) as tf.Tensor3D)) as tf.Tensor2D[];
    return pairs.flatMap(({ a, b }, i) => [
      [a.spec.name, tf.matMul(inverses[2 * i] as tf.Tensor2D, a.gradient as tf.Tensor2D)] as const,
      [b.spec.name, tf.matMul(b.gradient as tf.Tensor2D, inverses[2 * i + 1] as tf.Tensor2D)] as const,
    ]);
  });
  return new Map<string, tf.Tensor>(gradients);
}

function problemWith(parameters: readonly ParameterSpec[]): string | undefined {
  const trains = (role: string): boolean => parameters.some((spec) => spec.trainable && spec.role === role);
  if (trains('lora_E')) {
    return 'Riemannian preconditioning is for the product B A; this method’s product has a diagonal between the two';
  }
  if (trains('lora_A') && trains('lora_B')) return undefined;
  return 'Riemannian preconditioning scales the gradients of A and B by each other; this method does not train both';
}

/**
 * Riemannian preconditioned LoRA (arXiv 2402.02347, equation 3) as peft.optimizers.create_riemannian_optimizer sets it up: the gradients of
 * A and B are scaled by the inverse of the other one's r x r square, then AdamW or SGD steps along them. Other parameters get the plain
 * gradient.
 */
export const riemannian: Optimizer<Config> = {
  id: 'riemannian',
  summary: 'AdamW or SGD along gradients of A and B that are scaled by each other',
  source: 'Riemannian preconditioned LoRA, arXiv 2402.02347; as peft.optimizers.create_riemannian_optimizer',
  config: schema,
  aliases: { epsilon: 'eps' },
  check(_config, parameters) {
    const message = problemWith(parameters);
    return message === undefined ? [] : [{ severity: 'error', path: 'type', message } satisfies ConfigFinding];
  },
  slots: (config, { shape }) =>
    (config.base === 'adamw' ? adamwSlots(adamwOptions(config)) : sgdSlots(config)).map((name) => ({ name, shape })),
  update(config, parameters, scalars) {
    const gradients = preconditioned(config, parameters);
    const scaled = parameters.map((parameter) => ({
      ...parameter,
      gradient: gradients.get(parameter.spec.name) ?? parameter.gradient,
    }));
    const settings = (spec: ParameterSpec) => settingsOf(config, spec);
    return config.base === 'adamw'
      ? adamwUpdates(adamwOptions(config), scaled, scalars, settings)
      : sgdUpdates(config, scaled, scalars, settings);
  },
};
