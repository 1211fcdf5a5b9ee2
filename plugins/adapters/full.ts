import { z } from 'zod';
import type { Adapter } from '../../core/contracts/adapter.ts';
import type { ParameterRole, ParameterSpec, TargetLayer } from '../../core/contracts/parameter.ts';
import { RlvrError } from '../../core/errors.ts';
import { checkTargets, matchTargets, targetOptions, unusedNames } from '../../core/lowrank/targets.ts';
import type { tf } from '../../core/tensor/tf.ts';

const EVERYTHING = 'all';

const schema = z
  .strictObject({
    ...targetOptions,
    target_modules: targetOptions.target_modules
      .default(EVERYTHING)
      .describe('Layers that are trained: "all", or as for other methods; norms and embeddings may be named as well'),
    train_bias: z.boolean().default(true).describe('Whether the biases of these layers are trained too'),
  })
  .check(checkTargets);

type Config = z.output<typeof schema>;

interface LayerOptions {
  readonly trainsBias: boolean;
}

const roles: Readonly<Record<TargetLayer['kind'], ParameterRole>> = {
  linear: 'weight',
  norm: 'norm',
  embedding: 'embedding',
};

/** The weight, and the bias where that is trained too. */
function shapesOf(layer: TargetLayer, { trainsBias }: LayerOptions): readonly ParameterSpec[] {
  const common = { trainable: true, layer, scaling: 1 } as const;
  const weight = { ...common, name: `${layer.name}.weight`, role: roles[layer.kind], shape: layer.shape };
  const bias = { ...common, name: `${layer.name}.bias`, role: 'bias', shape: layer.shape.slice(0, 1) } as const;
  return trainsBias ? [weight, bias] : [weight];
}

/**
 * Full fine-tuning: the weights of the chosen layers are the parameters, so that nothing is frozen but the layers left out. A tied output
 * head follows the embedding.
 */
export const full: Adapter<Config, LayerOptions> = {
  id: 'full',
  summary: 'Full fine-tuning: the weights themselves are trained',
  source: 'no adapter; the baseline of every comparison',
  formula: 'W, trained',
  config: schema,
  isIdentityAtStart: () => true,
  targets(config, layers) {
    const options = config.target_modules === EVERYTHING ? { ...config, target_modules: '.*' } : config;
    return matchTargets(options, layers, ['linear', 'norm', 'embedding']);
  },
  plan: (config, targets) => ({
    layers: new Map(targets.map((layer) => [layer.name, { trainsBias: config.train_bias && layer.hasBias }])),
    shared: [],
  }),
  attach({ layer, options, weight, bias }) {
    const parameters = shapesOf(layer, options).map((spec) => {
      const values = spec.role === 'bias' ? bias : weight;
      if (values !== undefined) return { ...spec, values: values.slice() };
      throw new RlvrError('training/invariant', `${spec.name} is to be trained, but its values were not given.`);
    });
    return { parameters };
  },
  shapes: shapesOf,
  merged(layer) {
    const bias = layer.options.trainsBias ? (layer.parameter('bias') as tf.Tensor1D) : layer.bias;
    return { weight: layer.parameter('weight'), ...(bias === undefined ? {} : { bias }) };
  },
  check: (config, targets) => unusedNames(config, targets),
  toPeft: () => undefined,
  fromPeft: () => ({ refused: 'PEFT has no adapter for full fine-tuning' }),
};
