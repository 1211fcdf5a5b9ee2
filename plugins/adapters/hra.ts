import { z } from 'zod';
import type { Adapter, LayerTensors } from '../../core/contracts/adapter.ts';
import type { RandomNumbers } from '../../core/contracts/randomNumbers.ts';
import { householderProduct, orthonormalColumns } from '../../core/lowrank/reflections.ts';
import { matrixShape } from '../../core/lowrank/matrixShape.ts';
import { mergedLayer } from '../../core/lowrank/mergedLayer.ts';
import { readPeft, writePeft, type PeftMethod } from '../../core/lowrank/peftMethod.ts';
import { reflectedWeight } from '../../core/lowrank/reflectedWeight.ts';
import { checkTargets, matchTargets, queryValueTargets, unusedNames } from '../../core/lowrank/targets.ts';
import { withTrainedCopies } from '../../core/lowrank/trainedCopies.ts';
import { lowRankLinear, mergeLowRank, type LowRank } from '../../core/tensor/ops/lowRankLinear.ts';
import { tf } from '../../core/tensor/tf.ts';

const schema = z
  .strictObject({
    r: z
      .int()
      .min(1)
      .default(8)
      .describe('How many reflections; an even number where the start shall be the base model'),
    apply_GS: z.boolean().default(false).describe('Whether the reflections are made orthogonal to each other first'),
    ...queryValueTargets,
    init_weights: z
      .boolean()
      .default(true)
      .describe('true: reflections in equal pairs, which cancel; false: random ones'),
  })
  .check(checkTargets);

type Config = z.output<typeof schema>;

interface LayerOptions {
  readonly rank: number;
  readonly isOrthogonal: boolean;
  /** Whether reflections start in equal pairs. */
  readonly startsInPairs: boolean;
}

/* eslint-disable no-restricted-syntax -- PEFT's file writes null where an option is not set */
const method: PeftMethod = {
  type: 'HRA',
  fixed: { bias: 'none', modules_to_save: null },
  targetOptions: ['exclude_modules', 'layers_pattern', 'layers_to_transform'],
  endings: { '.hra_u': '.hra_u' },
};
/* eslint-enable no-restricted-syntax */

/** Pairs cancel where there is an even number of reflections; made orthogonal to each other, equal ones would be rounding noise. */
function startsInPairs({ r, apply_GS: isOrthogonal, init_weights: isPaired }: Config): boolean {
  return isPaired && r % 2 === 0 && !isOrthogonal;
}

/** u [in, r], uniform; with equal columns 2 k and 2 k + 1 where they are paired. Only the directions of columns matter. */
function startVectors(
  inputs: number,
  { rank, startsInPairs: isPaired }: LayerOptions,
  random: RandomNumbers,
): Float32Array {
  const drawn = isPaired ? rank / 2 : rank;
  const half = random.uniforms(inputs * drawn).map((value) => (2 * value - 1) / Math.sqrt(drawn));
  if (!isPaired) return half;
  return Float32Array.from({ length: inputs * rank }, (_, at) => {
    return half[Math.floor(at / rank) * drawn + Math.floor((at % rank) / 2)] ?? 0;
  });
}

/** W times the reflections as W + B A with A = U^T and B = -(W U) T. */
function partsOf({ weight, options, parameter }: LayerTensors<LayerOptions>): LowRank {
  const vectors = parameter('hra_u') as tf.Tensor2D;
  const { columns, factor } = options.isOrthogonal ? orthonormalColumns(vectors) : householderProduct(vectors);
  const projected = tf.matMul(weight, columns);
  const b = tf.neg(factor === undefined ? tf.mul(projected, 2) : tf.matMul(projected, factor));
  return { weight: weight as tf.Tensor2D, a: tf.transpose(columns), b: b as tf.Tensor2D, scaling: 1 };
}

const own: Adapter<Config, LayerOptions> = {
  id: 'hra',
  summary: 'A product of trained reflections of the input',
  source: 'HRA, arXiv 2405.17484; configuration of peft.HRAConfig',
  formula: 'W (I - 2 u_1 u_1^T) ... (I - 2 u_r u_r^T), |u_i| = 1',
  config: schema,
  aliases: { rank: 'r' },
  examples: [
    { r: 4, target_modules: ['q_proj', 'v_proj', 'down_proj'] },
    { r: 3, init_weights: false, target_modules: 'all-linear' },
    { r: 4, apply_GS: true },
  ],
  isIdentityAtStart: startsInPairs,
  targets: (config, layers) => matchTargets(config, layers, ['linear']),
  plan(config, targets) {
    const options = { rank: config.r, isOrthogonal: config.apply_GS, startsInPairs: startsInPairs(config) };
    return { layers: new Map(targets.map(({ name }) => [name, options])), shared: [] };
  },
  attach({ layer, options, random }) {
    const [, inputs] = matrixShape(layer);
    const [name, shape] = [`${layer.name}.hra_u`, [inputs, options.rank]];
    const values = startVectors(inputs, options, random);
    return { parameters: [{ name, role: 'matrix', shape, trainable: true, layer, scaling: 1, values }] };
  },
  merged: (layer) => mergedLayer(mergeLowRank(partsOf(layer)), layer),
  forward: (layer, x) => lowRankLinear(x, partsOf(layer), layer.bias),
  loraForm: ({ layer, options: { isOrthogonal }, base, parameter }) =>
    reflectedWeight(base, matrixShape(layer), parameter('hra_u'), isOrthogonal),
  check(config, targets) {
    const tooMany = targets.find((layer) => config.apply_GS && config.r > matrixShape(layer)[1]);
    const where = tooMany === undefined ? '' : `${tooMany.name} [${tooMany.shape.join(', ')}]`;
    const message = `r ${config.r} vectors cannot be orthogonal to each other (apply_GS) in the input of ${where}`;
    return [
      ...(tooMany === undefined ? [] : [{ severity: 'error', path: 'r', message } as const]),
      ...unusedNames(config, targets),
    ];
  },
  peftType: 'HRA',
  toPeft(config, parameters, baseModel) {
    const { r, apply_GS, init_weights } = config;
    return writePeft(method, { r, apply_GS, init_weights }, config, parameters, baseModel);
  },
  fromPeft: (adapter) => readPeft(method, schema, adapter),
};

/**
 * HRA (arXiv 2405.17484): W times the product of I - 2 u_i u_i^T for r unit vectors u_i, the columns of u [in, r]. The product is
 * I - U T U^T with T upper triangular (the compact form of C. Puglisi, 1992), so that it costs what an update of rank r does. With
 * `apply_GS` the columns are made orthonormal first, and T = 2 I. Linear layers only.
 */
export const hra = withTrainedCopies(own, { bias: 'hra_only' });
