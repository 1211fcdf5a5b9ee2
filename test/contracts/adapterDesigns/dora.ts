import { z } from 'zod';
import type { Adapter, LayerTensors } from '../../../core/contracts/adapter.ts';
import { startLowRank } from '../../../core/lowrank/initialise.ts';
import { matrixShape } from '../../../core/lowrank/matrixShape.ts';
import { lowRankScaling } from '../../../core/lowrank/scaling.ts';
import { checkTargets, matchTargets, queryValueTargets } from '../../../core/lowrank/targets.ts';
import { withoutGradient } from '../../../core/tensor/ops/withoutGradient.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { anotherMethod, readPeft, writePeft } from './peftFiles.ts';

const schema = z
  .strictObject({
    r: z.int().min(1).default(8),
    lora_alpha: z.number().positive().default(8),
    use_dora: z.literal(true).default(true),
    ...queryValueTargets,
  })
  .check(checkTargets);

type Config = z.output<typeof schema>;

interface LayerOptions {
  readonly rank: number;
  readonly scaling: number;
}

const endings = {
  '.lora_A': '.lora_A.weight',
  '.lora_B': '.lora_B.weight',
  '.lora_magnitude_vector': '.lora_magnitude_vector',
};

function direction({ weight, options, parameter }: LayerTensors<LayerOptions>): tf.Tensor2D {
  const update = tf.matMul(parameter('lora_B'), parameter('lora_A'));
  return tf.add(weight, tf.mul(update, options.scaling));
}

function rowNorms(matrix: Float32Array, columns: number): Float32Array {
  return Float32Array.from({ length: matrix.length / columns }, (_, row) =>
    Math.hypot(...matrix.subarray(row * columns, (row + 1) * columns)),
  );
}

/** DoRA (arXiv 2402.09353): W' = (m / ||W + s B A||_row) (W + s B A), the norm taken as given by the gradient. */
export const dora: Adapter<Config, LayerOptions> = {
  id: 'dora',
  summary: 'Low-rank direction and trained magnitude',
  source: 'arXiv 2402.09353',
  formula: '',
  config: schema,
  isIdentityAtStart: () => true,
  targets: (config, layers) => matchTargets(config, layers, ['linear']),
  plan: (config, targets) => {
    const options = { rank: config.r, scaling: lowRankScaling(config.lora_alpha, config.r, false) };
    return { layers: new Map(targets.map(({ name }) => [name, options])), shared: [] };
  },
  attach({ layer, options: { rank, scaling }, weight, random }) {
    const [out, inputs] = matrixShape(layer);
    const { a, b } = startLowRank(true, [out, inputs], rank, random);
    const common = { trainable: true, layer, scaling } as const;
    const magnitude = { name: `${layer.name}.lora_magnitude_vector`, shape: [out], values: rowNorms(weight, inputs) };
    return {
      parameters: [
        { ...common, name: `${layer.name}.lora_A`, role: 'lora_A', shape: [rank, inputs], values: a },
        { ...common, name: `${layer.name}.lora_B`, role: 'lora_B', shape: [out, rank], values: b },
        { ...common, ...magnitude, role: 'magnitude' },
      ],
    };
  },
  merged(layer) {
    const changed = direction(layer);
    const norms = withoutGradient([changed], (matrix) => tf.sqrt(tf.sum(tf.square(matrix), 1, true)));
    const magnitude = tf.expandDims(layer.parameter('lora_magnitude_vector'), 1);
    return {
      weight: tf.mul(tf.div(magnitude, norms), changed),
      ...(layer.bias === undefined ? {} : { bias: layer.bias }),
    };
  },
  toPeft: (config, parameters) => writePeft('LORA', config, parameters, endings),
  fromPeft(adapter) {
    const read = readPeft(adapter, 'LORA', endings);
    return read?.fields['use_dora'] === true
      ? { config: schema.parse(read.fields), parameters: read.parameters }
      : anotherMethod;
  },
};
