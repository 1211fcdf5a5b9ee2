import { z } from 'zod';
import type { Adapter } from 'rlvr-lab/contracts/adapter';
import { checkTargets, matchTargets, queryValueTargets, unusedNames } from 'rlvr-lab/lowrank/targets';
import { tf } from 'rlvr-lab/tensor/tf';

/** What a user writes under `adapter:`, with defaults. An unknown key is refused by name. */
const schema = z
  .strictObject({
    r: z.int().min(1).default(8).describe('Rank of the update'),
    alpha: z.number().positive().default(16).describe('The update is scaled by alpha / r'),
    ...queryValueTargets,
  })
  .check(checkTargets);

type Config = z.output<typeof schema>;

/** What `plan` decides for one layer: plain values, which a checkpoint keeps. */
interface LayerOptions {
  readonly rank: number;
  readonly scaling: number;
}

/** my_adapter: W + s B A, where A stays as it was drawn and B alone is trained, from zero. */
export const adapter: Adapter<Config, LayerOptions> = {
  id: 'my_adapter',
  summary: 'Low-rank update whose A is random and frozen: B alone is trained',
  source: 'written for this project',
  formula: 'W + s B A, s = alpha / r, A frozen',
  config: schema,
  aliases: { rank: 'r' },
  // The conformance suite tries these on a model with layers of 8 to 12 features.
  examples: [{ r: 2 }, { r: 3, alpha: 3, target_modules: ['q_proj', 'up_proj', 'down_proj'] }],
  // B starts at zero, so the model is the base until the first step.
  isIdentityAtStart: () => true,
  targets: (config, layers) => matchTargets(config, layers, ['linear']),
  plan: (config, targets) => ({
    layers: new Map(targets.map(({ name }) => [name, { rank: config.r, scaling: config.alpha / config.r }])),
    shared: [],
  }),
  // The starting values of a layer's parameters. Random numbers come from `random` alone, so that a seed says it all.
  attach({ layer, options: { rank, scaling }, random }) {
    const [out = 0, inputs = 0] = layer.shape;
    const a = random.normals(rank * inputs).map((value) => value / Math.sqrt(inputs));
    const common = { layer, scaling };
    return {
      parameters: [
        { ...common, name: `${layer.name}.a`, role: 'matrix', shape: [rank, inputs], trainable: false, values: a },
        {
          ...common,
          name: `${layer.name}.b`,
          role: 'matrix',
          shape: [out, rank],
          trainable: true,
          values: new Float32Array(out * rank),
        },
      ],
    };
  },
  // What the layer is, in tensors: traced once and differentiated. Never compute with a number that came out of a tensor's shape.
  merged: (layer) => ({
    weight: tf.add(
      layer.weight,
      tf.mul(
        tf.matMul(layer.parameter('b') as tf.Tensor2D, layer.parameter('a') as tf.Tensor2D),
        layer.options.scaling,
      ),
    ),
    ...(layer.bias === undefined ? {} : { bias: layer.bias }),
  }),
  check: (config, targets) => unusedNames(config, targets),
  // Hugging Face PEFT does not have this method. A checkpoint then holds the merged model as well.
  toPeft: () => undefined,
  fromPeft: () => ({ refused: 'PEFT does not have this method' }),
};
