import { z } from 'zod';
import type { Adapter } from '../../../core/contracts/adapter.ts';
import { matrixShape } from '../../../core/lowrank/matrixShape.ts';
import { checkTargets, matchTargets, queryValueTargets } from '../../../core/lowrank/targets.ts';
import { linear } from '../../../core/tensor/ops/linear.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { anotherMethod, readPeft, writePeft } from './peftFiles.ts';

const schema = z
  .strictObject({
    r: z.int().min(1).default(64),
    ...queryValueTargets,
  })
  .check(checkTargets);

type Config = z.output<typeof schema>;

interface LayerOptions {
  readonly rank: number;
}

const endings = { '.miss_block': '.miss_block' };

/** MiSS (arXiv 2409.15371): dW[o, j] = M[j mod r, o]; the shards of x are summed, then multiplied by M [r, out]. */
export const miss: Adapter<Config, LayerOptions> = {
  id: 'miss',
  summary: 'One shard of rows, repeated along the input',
  source: 'arXiv 2409.15371',
  formula: '',
  config: schema,
  isIdentityAtStart: () => true,
  targets: (config, layers) => matchTargets(config, layers, ['linear']),
  plan: (config, targets) => ({
    layers: new Map(targets.map(({ name }) => [name, { rank: config.r }])),
    shared: [],
  }),
  attach({ layer, options: { rank } }) {
    const [out] = matrixShape(layer);
    const shard = { name: `${layer.name}.miss_block`, shape: [rank, out], values: new Float32Array(rank * out) };
    return { parameters: [{ ...shard, role: 'matrix', trainable: true, layer, scaling: 1 }] };
  },
  merged({ layer, weight, bias, options: { rank }, parameter }) {
    const [out, inputs] = matrixShape(layer);
    const repeated = tf.tile(tf.transpose(parameter('miss_block')), [1, Math.ceil(inputs / rank)]);
    return {
      weight: tf.add(weight, tf.slice(repeated, [0, 0], [out, inputs])),
      ...(bias === undefined ? {} : { bias }),
    };
  },
  forward({ layer, weight, bias, options: { rank }, parameter }, x) {
    const [, inputs] = matrixShape(layer);
    const shards = Math.ceil(inputs / rank);
    const padded = tf.pad(x, [
      [0, 0],
      [0, shards * rank - inputs],
    ]);
    const sums = tf.sum<tf.Tensor2D>(tf.reshape(padded, [x.shape[0], shards, rank]), 1);
    const update = tf.matMul(sums, parameter('miss_block'));
    return tf.add(linear(x, weight as tf.Tensor2D, bias), update);
  },
  toPeft: (config, parameters) => writePeft('MISS', { ...config, init_weights: true, mini_r: 1 }, parameters, endings),
  fromPeft(adapter) {
    const read = readPeft(adapter, 'MISS', endings);
    if (read === undefined) return anotherMethod;
    const { init_weights: _start, mini_r: _mini, ...fields } = read.fields;
    return { config: schema.parse(fields), parameters: read.parameters };
  },
};
