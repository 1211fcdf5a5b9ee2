import { z } from 'zod';
import type { Adapter, LayerTensors } from '../../core/contracts/adapter.ts';
import type { ConfigFinding } from '../../core/contracts/plugin.ts';
import type { TargetLayer } from '../../core/contracts/parameter.ts';
import { matrixShape } from '../../core/lowrank/matrixShape.ts';
import { mergedLayer } from '../../core/lowrank/mergedLayer.ts';
import { readPeft, writePeft, type PeftMethod } from '../../core/lowrank/peftMethod.ts';
import { addShards, shardSums } from '../../core/lowrank/shards.ts';
import { checkTargets, matchTargets, queryValueTargets, unusedNames } from '../../core/lowrank/targets.ts';
import { withTrainedCopies } from '../../core/lowrank/trainedCopies.ts';
import { linear } from '../../core/tensor/ops/linear.ts';
import { withGradient } from '../../core/tensor/ops/withGradient.ts';
import { tf } from '../../core/tensor/tf.ts';
import { valueCount } from '../../core/valueCount.ts';

const schema = z
  .strictObject({
    r: z.int().min(1).default(64).describe('How many columns of W share one update with every r-th column after them'),
    miss_dropout: z.number().min(0).lt(1).default(0).describe('Dropout on the input of the update while training'),
    mini_r: z
      .int()
      .min(1)
      .default(1)
      .describe('With init_weights mini: how many rows differ; it must divide the outputs'),
    init_weights: z
      .union([z.boolean(), z.literal(['bat', 'mini'])])
      .default(true)
      .describe(
        'true: MiSS; bat: blocks of W times blocks of M; mini: rows share values; false: MiSS with random values',
      ),
    ...queryValueTargets,
  })
  .check(checkTargets);

type Config = z.output<typeof schema>;

interface LayerOptions {
  readonly rank: number;
  readonly dropout: number;
  /** Shape of M: [r, out], [r, mini_r], or [out / r, r, r]. */
  readonly shape: readonly number[];
  readonly startsRandom: boolean;
}

/* eslint-disable no-restricted-syntax -- PEFT's file writes null where an option is not set */
const method: PeftMethod = {
  type: 'MISS',
  fixed: { bias: 'none', modules_to_save: null },
  targetOptions: ['exclude_modules', 'layers_pattern', 'layers_to_transform'],
  endings: { '.miss_block': '.miss_block' },
};
/* eslint-enable no-restricted-syntax */

function shapeOf(config: Config, out: number): readonly number[] {
  const { r } = config;
  if (config.init_weights === 'bat') return [out / r, r, r];
  return [r, config.init_weights === 'mini' ? config.mini_r : out];
}

/** M as [r, out]: `mini` repeats its columns. */
function wholeBlock({ layer, options: { rank, shape }, parameter }: LayerTensors<LayerOptions>): tf.Tensor2D {
  const [out] = matrixShape(layer);
  const [block, own] = [parameter('miss_block'), shape[1] ?? out];
  if (own === out) return block as tf.Tensor2D;
  const repeated = tf.mul(tf.reshape(block, [rank, 1, own]), tf.ones([1, out / own, 1]));
  return tf.reshape(repeated, [rank, out]);
}

/** W_ij + W_ij M_i + M_i for the blocks [r, r] of W: rows of blocks are batches, so that nothing has to be transposed. */
function blockProduct({ layer, weight, options: { rank }, parameter }: LayerTensors<LayerOptions>): tf.Tensor {
  const [out, inputs] = matrixShape(layer);
  const [rows, columns] = [out / rank, inputs / rank];
  const block = parameter('miss_block');
  const product = tf.matMul(tf.reshape(weight, [rows, rank * columns, rank]), block);
  const added = tf.add(tf.reshape(product, [rows, rank, columns, rank]), tf.expandDims(block, 2));
  return tf.add(weight, tf.reshape(added, [out, inputs]));
}

/**
 * x (W + dW)^T + bias with dW[o, j] = M[j mod r, o]. The sum is formed once; the gradient of M goes through the sums of shards of x, so
 * that it costs r / in of a product. W gets none.
 */
function shardLinear(x: tf.Tensor2D, weight: tf.Tensor2D, block: tf.Tensor2D, bias?: tf.Tensor1D): tf.Tensor2D {
  const y = withGradient(
    [x, block, ...(bias === undefined ? [] : [bias])],
    (x2, m, bias2?: tf.Tensor) => {
      const merged = addShards(weight, m);
      return { value: linear(x2, merged, bias2 as tf.Tensor1D | undefined), saved: [x2, m, merged] };
    },
    (dy, [x2, m, merged]: [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]) => {
      const dy2 = dy as tf.Tensor2D;
      const dm = tf.matMul(shardSums(x2, m.shape[0]), dy2, true);
      return [tf.matMul(dy2, merged), dm, ...(bias === undefined ? [] : [tf.sum(dy2, 0)])];
    },
  );
  return y as tf.Tensor2D;
}

/** What is wrong with the sizes of one layer. */
function sizeProblem(config: Config, layer: TargetLayer): ConfigFinding | undefined {
  const [out, inputs] = matrixShape(layer);
  const { r, mini_r, init_weights } = config;
  const where = `${layer.name} [${out}, ${inputs}]`;
  const error = (path: string, message: string): ConfigFinding => ({ severity: 'error', path, message });
  if (r > inputs) return error('r', `r ${r} is larger than the ${inputs} inputs of ${where}`);
  if (init_weights === 'bat' && (out % r !== 0 || inputs % r !== 0)) {
    return error('r', `init_weights "bat" cuts W into blocks of r x r; r ${r} does not divide both sizes of ${where}`);
  }
  if (init_weights === 'mini' && out % mini_r !== 0) {
    return error('mini_r', `mini_r ${mini_r} does not divide the ${out} outputs of ${where}`);
  }
  return undefined;
}

function unusedOptions(config: Config): readonly ConfigFinding[] {
  const unused = (path: string, message: string): ConfigFinding => ({ severity: 'warning', path, message });
  const isIdleRank = config.mini_r !== 1 && config.init_weights !== 'mini';
  const isIdleDropout = config.miss_dropout > 0 && config.init_weights === 'bat';
  return [
    ...(isIdleRank ? [unused('mini_r', 'acts with init_weights "mini" only')] : []),
    ...(isIdleDropout
      ? [unused('miss_dropout', 'does not act with init_weights "bat", which multiplies W itself')]
      : []),
  ];
}

const own: Adapter<Config, LayerOptions> = {
  id: 'miss',
  summary: 'One block of columns, repeated along the input',
  source: 'MiSS, arXiv 2409.15371; configuration of peft.MissConfig',
  formula: 'W[o, j] + M[j mod r, o]; bat: W_ij + W_ij M_i + M_i for blocks of r x r',
  config: schema,
  aliases: { rank: 'r', dropout: 'miss_dropout' },
  examples: [
    { r: 3, miss_dropout: 0.1, target_modules: ['q_proj', 'v_proj', 'down_proj'] },
    { r: 8, init_weights: false, target_modules: ['q_proj', 'o_proj'] },
    { r: 3, init_weights: 'mini', mini_r: 2, target_modules: 'all-linear' },
    { r: 4, init_weights: 'bat', target_modules: 'all-linear' },
  ],
  isIdentityAtStart: (config) => config.init_weights !== false,
  usesDropout: (config) => config.miss_dropout > 0 && config.init_weights !== 'bat',
  targets: (config, layers) => matchTargets(config, layers, ['linear']),
  plan(config, targets) {
    const layers = targets.map((layer) => {
      const shape = shapeOf(config, matrixShape(layer)[0]);
      const options = { rank: config.r, dropout: config.miss_dropout, shape };
      return [layer.name, { ...options, startsRandom: config.init_weights === false }] as const;
    });
    return { layers: new Map(layers), shared: [] };
  },
  attach({ layer, options: { shape, startsRandom }, random }) {
    const count = valueCount(shape);
    const bound = 1 / Math.sqrt(shape.at(-1) ?? 1);
    const values = startsRandom
      ? random.uniforms(count).map((value) => (2 * value - 1) * bound)
      : new Float32Array(count);
    const name = `${layer.name}.miss_block`;
    return { parameters: [{ name, role: 'matrix', shape, trainable: true, layer, scaling: 1, values }] };
  },
  merged(layer) {
    const weight = isBat(layer.options)
      ? blockProduct(layer)
      : addShards(layer.weight as tf.Tensor2D, wholeBlock(layer));
    return mergedLayer(weight, layer);
  },
  forward(layer, x) {
    const { bias, options, dropout } = layer;
    const weight = layer.weight as tf.Tensor2D;
    if (isBat(options)) return linear(x, blockProduct(layer) as tf.Tensor2D, bias);
    if (options.dropout === 0) return shardLinear(x, weight, wholeBlock(layer), bias);
    const sums = shardSums(dropout(x, options.dropout), options.rank);
    return tf.add(linear(x, weight, bias), tf.matMul(sums, wholeBlock(layer)));
  },
  loraForm({ layer, options: { rank, shape }, parameter }) {
    if (shape.length === 3) return undefined;
    const [out, inputs] = matrixShape(layer);
    const [block, own] = [parameter('miss_block').values, shape[1] ?? out];
    const selector = new Float32Array(rank * inputs);
    for (let column = 0; column < inputs; column++) selector[(column % rank) * inputs + column] = 1;
    const b = Float32Array.from({ length: out * rank }, (_, at) => {
      const row = Math.floor(at / rank);
      return block[(at % rank) * own + (row % own)] ?? 0;
    });
    return { a: { shape: [rank, inputs], values: selector }, b: { shape: [out, rank], values: b }, scaling: 1 };
  },
  check(config, targets) {
    const problem = targets.map((layer) => sizeProblem(config, layer)).find((found) => found !== undefined);
    return [...(problem === undefined ? [] : [problem]), ...unusedNames(config, targets), ...unusedOptions(config)];
  },
  peftType: 'MISS',
  toPeft(config, parameters, baseModel) {
    const { r, miss_dropout, mini_r, init_weights } = config;
    return writePeft(method, { r, miss_dropout, mini_r, init_weights }, config, parameters, baseModel);
  },
  fromPeft: (adapter) => readPeft(method, schema, adapter),
};

function isBat({ shape }: LayerOptions): boolean {
  return shape.length === 3;
}

/**
 * MiSS (arXiv 2409.15371): dW[o, j] = M[j mod r, o] with M [r, out], so that the update of x is the sum of its shards of r values, times M;
 * `mini` repeats M [r, mini_r] over the outputs. `bat` multiplies: W_ij + W_ij M_i + M_i for blocks of r x r. No scaling; linear layers.
 */
export const miss = withTrainedCopies(own, { bias: 'MiSS_only' });
