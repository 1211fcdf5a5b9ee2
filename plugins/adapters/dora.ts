import { z } from 'zod';
import type { Adapter, AttachContext, AttachedLayer, LayerTensors } from '../../core/contracts/adapter.ts';
import type { ParameterSpec, TargetLayer } from '../../core/contracts/parameter.ts';
import { matrix } from '../../core/linalg/matrix.ts';
import { multiply } from '../../core/linalg/multiply.ts';
import { attachLowRank, lowRankShapes } from '../../core/lowrank/attachLowRank.ts';
import { calibrationRequest } from '../../core/lowrank/calibrationRequest.ts';
import { startOf } from '../../core/lowrank/initialise.ts';
import { loraFindings } from '../../core/lowrank/loraFindings.ts';
import { checkLoraOptions, loraOptions } from '../../core/lowrank/loraOptions.ts';
import { readLora, writeLora } from '../../core/lowrank/loraPeft.ts';
import { lowRankOf } from '../../core/lowrank/lowRankOf.ts';
import { lowRankPlan, type LowRankOptions } from '../../core/lowrank/lowRankPlan.ts';
import { matrixShape } from '../../core/lowrank/matrixShape.ts';
import { mergedLayer } from '../../core/lowrank/mergedLayer.ts';
import { matchTargets } from '../../core/lowrank/targets.ts';
import { withTrainedCopies } from '../../core/lowrank/trainedCopies.ts';
import { doraLinear, droppedDoraLinear, mergeDora, type Magnified } from '../../core/tensor/ops/doraLinear.ts';
import { linear } from '../../core/tensor/ops/linear.ts';
import type { tf } from '../../core/tensor/tf.ts';

const schema = z
  .strictObject({
    ...loraOptions,
    use_dora: z
      .literal(true, { error: 'DoRA without use_dora is LoRA: write `type: lora`' })
      .default(true)
      .describe('PEFT’s name for this method'),
  })
  .check(checkLoraOptions);

type Config = z.output<typeof schema>;

const MAGNITUDE = 'lora_magnitude_vector';

function magnitudeSpecs(layer: TargetLayer, { rank, scaling }: LowRankOptions): readonly ParameterSpec[] {
  if (rank === 0) return [];
  const [out] = matrixShape(layer);
  return [{ name: `${layer.name}.${MAGNITUDE}`, role: 'magnitude', shape: [out], trainable: true, layer, scaling }];
}

/** The norm of each row of W + s B A at the start, W being what is frozen. */
function startNorms(
  { layer, weight, options: { rank, scaling } }: AttachContext<LowRankOptions>,
  { parameters: [a, b], replacedWeight }: AttachedLayer,
): Float32Array {
  const [out, inputs] = matrixShape(layer);
  const update = multiply(matrix(out, rank, b?.values), matrix(rank, inputs, a?.values)).data;
  const frozen = replacedWeight ?? weight;
  return Float32Array.from({ length: out }, (_, row) => {
    let sum = 0;
    for (let at = row * inputs; at < (row + 1) * inputs; at++)
      sum += ((frozen[at] ?? 0) + scaling * (update[at] ?? 0)) ** 2;
    return Math.sqrt(sum);
  });
}

function magnified(layer: LayerTensors<LowRankOptions>): Magnified {
  return { ...lowRankOf(layer), magnitude: layer.parameter(MAGNITUDE) as tf.Tensor1D };
}

function forward(layer: LayerTensors<LowRankOptions>, x: tf.Tensor2D): tf.Tensor2D {
  const { rank, dropout } = layer.options;
  if (rank === 0) return linear(x, layer.weight as tf.Tensor2D, layer.bias);
  if (dropout === 0) return doraLinear(x, magnified(layer), layer.bias);
  return droppedDoraLinear(x, layer.dropout(x, dropout), magnified(layer), layer.bias);
}

const plain: Adapter<Config, LowRankOptions> = {
  id: 'dora',
  summary: 'LoRA on the direction of each row of the weight, with the row’s length trained by itself',
  source: 'DoRA, arXiv 2402.09353; configuration of peft.LoraConfig with use_dora',
  formula: '(m / ||W + s B A||) (W + s B A), row by row, s = lora_alpha / r',
  config: schema,
  aliases: { rank: 'r', alpha: 'lora_alpha', dropout: 'lora_dropout' },
  examples: [
    { r: 2, lora_alpha: 4, target_modules: ['q_proj', 'v_proj', 'down_proj'] },
    { r: 1, use_rslora: true, rank_pattern: { v_proj: 2 } },
    { r: 2, init_lora_weights: 'pissa', target_modules: 'all-linear', lora_dropout: 0.1 },
    { r: 2, init_lora_weights: false },
  ],
  partialGradient: 'the norms of the rows are taken as given (section 4.3 of the paper)',
  isIdentityAtStart: ({ init_lora_weights: start }) => startOf(start).changesLayer !== true,
  usesDropout: (config) => config.lora_dropout > 0,
  targets: (config, layers) => matchTargets(config, layers, ['linear']),
  calibration: calibrationRequest,
  plan: lowRankPlan,
  attach(context) {
    const attached = attachLowRank(context);
    const magnitudes = magnitudeSpecs(context.layer, context.options).map((spec) => ({
      ...spec,
      values: startNorms(context, attached),
    }));
    return { ...attached, parameters: [...attached.parameters, ...magnitudes] };
  },
  shapes: (layer, options) => [...lowRankShapes(layer, options), ...magnitudeSpecs(layer, options)],
  merged: (layer) => mergedLayer(layer.options.rank === 0 ? layer.weight : mergeDora(magnified(layer)), layer),
  forward,
  check: loraFindings,
  peftType: 'LORA',
  toPeft: (config, parameters, baseModel) => writeLora(config, true, parameters, baseModel),
  fromPeft: (adapter) => readLora(adapter, schema, true),
};

/**
 * DoRA (arXiv 2402.09353): W' = (m / ||W + s B A||_row) (W + s B A) with trained m, A and B; the norm gets no gradient. m starts as the
 * norm of W + s B0 A0. Where a start replaces W, the same holds on what is left of it, and on the original base with A and B of twice the
 * rank.
 */
export const dora = withTrainedCopies(plain, { bias: 'lora_only', tying: true });
