import { z } from 'zod';
import type {
  OptimizedParameter,
  Optimizer,
  OptimizerScalars,
  ParameterUpdate,
} from '../../core/contracts/optimizer.ts';
import type { ParameterSpec } from '../../core/contracts/parameter.ts';
import { adamOptions } from '../../core/optimizer/adamOptions.ts';
import { adamwSlots, adamwUpdates, type AdamwOptions } from '../../core/optimizer/adamwUpdates.ts';
import { decoupledDecay } from '../../core/optimizer/decay.ts';
import { orthogonalised } from '../../core/optimizer/orthogonalised.ts';
import { groupOptions, oncePer, settingsOf } from '../../core/optimizer/parameterGroups.ts';
import { tf } from '../../core/tensor/tf.ts';

const schema = z.strictObject({
  momentum: z.number().min(0).lt(1).default(0.95),
  nesterov: z.boolean().default(true),
  ns_coefficients: z
    .tuple([z.number(), z.number(), z.number()])
    .default([3.4445, -4.775, 2.0315])
    .describe('a, b, c of the Newton-Schulz iteration'),
  ns_steps: z.int().min(1).max(99).default(5).describe('Newton-Schulz iterations'),
  eps: z.number().positive().default(1e-7).describe('Least norm that a matrix is divided by'),
  adjust_lr_fn: z
    .enum(['original', 'match_rms_adamw', 'spectral_unclamped'])
    .default('original')
    .describe('Learning rate of a matrix [m, n]: times sqrt(max(1, m/n)), 0.2 sqrt(max(m, n)), or sqrt(m/n)'),
  bfloat16: z.boolean().default(false).describe('Round what the iteration computes to bfloat16, as torch does'),
  adam_betas: adamOptions.betas.describe('Of AdamW, for what is no matrix'),
  adam_eps: adamOptions.eps.describe('Of AdamW, for what is no matrix'),
  ...groupOptions,
});

type Config = z.output<typeof schema>;

const slot = 'momentum_buffer';

/** Muon is for the matrices of hidden layers; vectors and embeddings take AdamW's steps (K. Jordan et al.). */
function isHiddenMatrix({ shape, role, layer }: ParameterSpec): boolean {
  return shape.length === 2 && role !== 'embedding' && layer?.kind !== 'embedding';
}

function adamwOptions({ adam_betas: betas, adam_eps: eps }: Config): AdamwOptions {
  return { betas, eps, amsgrad: false };
}

/** What the learning rate of a matrix is multiplied with. */
function rateFactor({ adjust_lr_fn: adjustment }: Config, { shape }: ParameterSpec): number {
  const [rows = 1, columns = 1] = shape;
  if (adjustment === 'match_rms_adamw') return 0.2 * Math.sqrt(Math.max(rows, columns));
  return Math.sqrt(adjustment === 'original' ? Math.max(1, rows / columns) : rows / columns);
}

function matrixUpdates(
  config: Config,
  matrices: readonly OptimizedParameter[],
  { learningRate }: OptimizerScalars,
): readonly ParameterUpdate[] {
  const { momentum, nesterov, eps, bfloat16 } = config;
  const towards = (from: tf.Tensor | number, to: tf.Tensor, share: number): tf.Tensor =>
    tf.add(tf.mul(from, 1 - share), tf.mul(to, share));
  const buffers = matrices.map(({ gradient, slots }) => towards(slots[slot] ?? 0, gradient, 1 - momentum));
  const directions = matrices.map(({ gradient }, i) => {
    const buffer = buffers[i] as tf.Tensor2D;
    return nesterov ? (towards(gradient, buffer, momentum) as tf.Tensor2D) : buffer;
  });
  const options = { coefficients: config.ns_coefficients, iterations: config.ns_steps, eps, bfloat16 };
  const steps = orthogonalised(directions, options);
  const decayed = decoupledDecay(learningRate);
  const rate = oncePer((scale) => tf.mul<tf.Scalar>(learningRate, scale));
  return matrices.map(({ spec, value }, i) => {
    const settings = settingsOf(config, spec);
    const size = rate(settings.learningRateScale * rateFactor(config, spec));
    return {
      value: tf.sub(decayed(value, settings), tf.mul(steps[i] as tf.Tensor2D, size)),
      slots: { [slot]: buffers[i] as tf.Tensor },
    };
  });
}

/**
 * Muon (K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; arXiv 2502.16982) as torch.optim.Muon computes
 * it: momentum of a matrix's gradient, from which Newton-Schulz iteration takes the singular values; decay is decoupled. torch refuses
 * what is no matrix, here it gets AdamW.
 */
export const muon: Optimizer<Config> = {
  id: 'muon',
  summary: 'Orthogonalised momentum for matrices, AdamW for the rest',
  source:
    'K. Jordan et al. 2024 and arXiv 2502.16982; as torch.optim.Muon, in float32 and with weight_decay 0 by default',
  config: schema,
  slots: (config, spec) =>
    (isHiddenMatrix(spec) ? [slot] : adamwSlots(adamwOptions(config))).map((name) => ({ name, shape: spec.shape })),
  update(config, parameters, scalars) {
    const matrices = parameters.filter(({ spec }) => isHiddenMatrix(spec));
    const others = parameters.filter(({ spec }) => !isHiddenMatrix(spec));
    const settings = (spec: ParameterSpec) => settingsOf(config, spec);
    const made = new Map([
      ...matrixUpdates(config, matrices, scalars).map((update, i) => [matrices[i]?.spec.name, update] as const),
      ...adamwUpdates(adamwOptions(config), others, scalars, settings).map(
        (update, i) => [others[i]?.spec.name, update] as const,
      ),
    ]);
    return parameters.map(({ spec }) => made.get(spec.name) as ParameterUpdate);
  },
};
