import { z } from 'zod';
import type { Adapter } from '../../core/contracts/adapter.ts';
import type { InitialParameter, TargetLayer } from '../../core/contracts/parameter.ts';
import { checkTargets, matchTargets, queryValueTargets } from '../../core/lowrank/targets.ts';
import { tf } from '../../core/tensor/tf.ts';

const schema = z.strictObject({ r: z.int().min(1).default(2), ...queryValueTargets }).check(checkTargets);

/** Options of the sound adapter. */
export type SoundConfig = z.output<typeof schema>;

/** Options of one of its layers. */
export interface SoundOptions {
  readonly rank: number;
}

function parameter(layer: TargetLayer, name: string, shape: readonly number[], values: Float32Array): InitialParameter {
  return { name: `${layer.name}.${name}`, role: 'matrix', shape, trainable: true, layer, scaling: 1, values };
}

/** An adapter that does all that the suite asks for, W + B A; the wrong ones differ from it in one way each. */
export const sound: Adapter<SoundConfig, SoundOptions> = {
  id: 'sound',
  summary: 'A low-rank update with nothing else',
  source: 'this test',
  formula: 'W + B A',
  config: schema,
  examples: [{ r: 2, target_modules: ['q_proj', 'down_proj'] }],
  isIdentityAtStart: () => true,
  targets: (config, layers) => matchTargets(config, layers, ['linear']),
  plan: (config, targets) => ({ layers: new Map(targets.map(({ name }) => [name, { rank: config.r }])), shared: [] }),
  attach({ layer, options: { rank }, random }) {
    const [out = 0, inputs = 0] = layer.shape;
    return {
      parameters: [
        parameter(layer, 'a', [rank, inputs], random.normals(rank * inputs)),
        parameter(layer, 'b', [out, rank], new Float32Array(out * rank)),
      ],
    };
  },
  merged: (layer) => ({
    weight: tf.add(layer.weight, tf.matMul(layer.parameter('b') as tf.Tensor2D, layer.parameter('a') as tf.Tensor2D)),
    ...(layer.bias === undefined ? {} : { bias: layer.bias }),
  }),
  loraForm: ({ parameter: find }) => ({ a: find('a'), b: find('b'), scaling: 1 }),
  toPeft: (config, parameters) => ({
    config: { peft_type: 'SOUND', ...config },
    tensors: new Map(parameters.map(({ name, shape, values }) => [`base_model.model.${name}`, { shape, values }])),
  }),
  fromPeft: ({ config: { peft_type: type, ...rest }, tensors }) =>
    type === 'SOUND'
      ? {
          config: schema.parse(rest),
          parameters: new Map([...tensors].map(([name, tensor]) => [name.replace('base_model.model.', ''), tensor])),
        }
      : { refused: 'it is not ours' },
};
