import { z } from 'zod';
import type { Adapter } from '../../../core/contracts/adapter.ts';
import { matrixShape } from '../../../core/lowrank/matrixShape.ts';
import { checkTargets, matchTargets, namesLayer, targetOptions } from '../../../core/lowrank/targets.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { anotherMethod, readPeft, writePeft } from './peftFiles.ts';

const schema = z
  .strictObject({
    feedforward_modules: z.array(z.string().min(1)).default(['down_proj']),
    ...targetOptions,
    target_modules: targetOptions.target_modules.default(['q_proj', 'v_proj', 'down_proj']),
  })
  .check(checkTargets);

type Config = z.output<typeof schema>;

interface LayerOptions {
  /** Whether the input is scaled rather than the output. */
  readonly scalesInput: boolean;
}

const endings = { '.ia3_l': '.ia3_l' };

/**
 * IA3 (arXiv 2205.05638): the output, or the input of a feed-forward layer, times l. There is no update to add: the weight is multiplied.
 */
export const ia3: Adapter<Config, LayerOptions> = {
  id: 'ia3',
  summary: 'Trained scales of activations',
  source: 'arXiv 2205.05638',
  formula: '',
  config: schema,
  isIdentityAtStart: () => true,
  targets: (config, layers) => matchTargets(config, layers, ['linear']),
  plan: (config, targets) => {
    const scalesInput = (layer: string): boolean => config.feedforward_modules.some((name) => namesLayer(name, layer));
    return { layers: new Map(targets.map(({ name }) => [name, { scalesInput: scalesInput(name) }])), shared: [] };
  },
  attach({ layer, options: { scalesInput } }) {
    const [out, inputs] = matrixShape(layer);
    const [shape, size] = scalesInput ? [[1, inputs], inputs] : [[out, 1], out];
    const scales = { name: `${layer.name}.ia3_l`, shape, values: new Float32Array(size).fill(1) };
    return { parameters: [{ ...scales, role: 'vector', trainable: true, layer, scaling: 1 }] };
  },
  merged({ weight, bias, options: { scalesInput }, parameter }) {
    const scales = parameter('ia3_l');
    const scaledBias =
      bias === undefined || scalesInput ? bias : tf.mul<tf.Tensor1D>(bias, tf.reshape(scales, bias.shape));
    return { weight: tf.mul(weight, scales), ...(scaledBias === undefined ? {} : { bias: scaledBias }) };
  },
  toPeft: (config, parameters) => writePeft('IA3', config, parameters, endings),
  fromPeft(adapter) {
    const read = readPeft(adapter, 'IA3', endings);
    return read === undefined ? anotherMethod : { config: schema.parse(read.fields), parameters: read.parameters };
  },
};
