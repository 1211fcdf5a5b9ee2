import { z } from 'zod';
import type { Adapter, LayerTensors } from '../../core/contracts/adapter.ts';
import type { TargetLayer } from '../../core/contracts/parameter.ts';
import type { ConfigFinding } from '../../core/contracts/plugin.ts';
import { attachLowRank, lowRankShapes } from '../../core/lowrank/attachLowRank.ts';
import { calibrationRequest } from '../../core/lowrank/calibrationRequest.ts';
import { startOf } from '../../core/lowrank/initialise.ts';
import { loraFindings } from '../../core/lowrank/loraFindings.ts';
import { checkLoraOptions, loraOptions } from '../../core/lowrank/loraOptions.ts';
import { readLora, writeLora } from '../../core/lowrank/loraPeft.ts';
import { lowRankForward } from '../../core/lowrank/lowRankForward.ts';
import { lowRankOf } from '../../core/lowrank/lowRankOf.ts';
import { lowRankPlan, type LowRankOptions } from '../../core/lowrank/lowRankPlan.ts';
import { mergedLayer } from '../../core/lowrank/mergedLayer.ts';
import { plainLora } from '../../core/lowrank/plainLora.ts';
import { matchTargets } from '../../core/lowrank/targets.ts';
import { startUpdateBias, updateBiasSpecs, withUpdateBias } from '../../core/lowrank/updateBias.ts';
import { withTrainedCopies } from '../../core/lowrank/trainedCopies.ts';
import { linear } from '../../core/tensor/ops/linear.ts';
import { mergeLowRank } from '../../core/tensor/ops/lowRankLinear.ts';
import type { tf } from '../../core/tensor/tf.ts';

const schema = z
  .strictObject({
    ...loraOptions,
    lora_bias: z
      .boolean()
      .default(false)
      .describe('Give B a trained bias, scaled as the update is; only for layers that have a bias to fold it into'),
    freeze_a: z.boolean().default(false).describe('Keep A as it starts and train B alone (LoRA-FA)'),
    use_dora: z
      .literal(false, { error: 'DoRA is a method of its own here: write `type: dora`' })
      .default(false)
      .describe('DoRA is `type: dora`'),
  })
  .check(checkLoraOptions)
  .check(({ value, issues }) => {
    if (!value.lora_bias || typeof value.init_lora_weights === 'boolean') return;
    const message = `lora_bias goes with init_lora_weights true or false, as in PEFT, not ${JSON.stringify(value.init_lora_weights)}`;
    issues.push({ code: 'custom', path: ['lora_bias'], message, input: value });
  });

type Config = z.output<typeof schema>;

function forward(layer: LayerTensors<LowRankOptions>, x: tf.Tensor2D): tf.Tensor2D {
  const { rank, dropout } = layer.options;
  if (rank === 0) return linear(x, layer.weight as tf.Tensor2D, layer.bias);
  return lowRankForward(withUpdateBias(layer), lowRankOf(layer), dropout, x);
}

/** A bias of B has nowhere to go in a layer without one: the layer could never be merged. */
function biasFindings(config: Config, targets: readonly TargetLayer[]): readonly ConfigFinding[] {
  const without = config.lora_bias ? targets.find(({ hasBias }) => !hasBias) : undefined;
  if (without === undefined) return [];
  const message = `${without.name} has no bias that the bias of B could be folded into; adapt only layers that have one`;
  return [{ severity: 'error', path: 'lora_bias', message }];
}

const plain: Adapter<Config, LowRankOptions> = {
  id: 'lora',
  summary: 'Low-rank update of frozen linear layers: W + s B A',
  source: 'LoRA, arXiv 2106.09685; configuration of peft.LoraConfig',
  formula: 'W + s B A, s = lora_alpha / r',
  config: schema,
  aliases: { rank: 'r', alpha: 'lora_alpha', dropout: 'lora_dropout' },
  examples: [
    { r: 2, lora_alpha: 6 },
    { r: 1 },
    { r: 4, use_rslora: true, init_lora_weights: 'gaussian', target_modules: 'all-linear' },
    { r: 2, init_lora_weights: false, rank_pattern: { v_proj: 1 }, alpha_pattern: { q_proj: 5 } },
    { r: 2, lora_bias: true, bias: 'all' },
    { r: 2, freeze_a: true, exclude_modules: ['layers.0.self_attn.q_proj'] },
    { r: 2, init_lora_weights: 'pissa', use_rslora: true, rank_pattern: { v_proj: 1 } },
    { r: 2, init_lora_weights: 'pissa_niter_4', target_modules: '.*\\.(q_proj|down_proj)', lora_dropout: 0.1 },
  ],
  isIdentityAtStart: ({ init_lora_weights: start }) => startOf(start).changesLayer !== true,
  usesDropout: (config) => config.lora_dropout > 0,
  targets: (config, layers) => matchTargets(config, layers, ['linear']),
  calibration: calibrationRequest,
  plan: lowRankPlan,
  attach(context) {
    const attached = attachLowRank(context);
    const bias = startUpdateBias(context.layer, context.options, context.random);
    return { ...attached, parameters: [...attached.parameters, ...bias] };
  },
  shapes: (layer, options) => [...lowRankShapes(layer, options), ...updateBiasSpecs(layer, options)],
  merged(layer) {
    const weight = layer.options.rank === 0 ? layer.weight : mergeLowRank(lowRankOf(layer));
    return mergedLayer(weight, withUpdateBias(layer));
  },
  forward,
  loraForm: (values) => (values.options.hasUpdateBias ? undefined : plainLora(values)),
  check: (config, targets) => [...loraFindings(config, targets), ...biasFindings(config, targets)],
  peftType: 'LORA',
  toPeft: (config, parameters, baseModel) => writeLora(config, false, parameters, baseModel),
  fromPeft: (adapter) => readLora(adapter, schema, false),
};

/**
 * LoRA (arXiv 2106.09685): W x + s B A x with W frozen, A [r, in], B [out, r], s = lora_alpha / r, or lora_alpha / sqrt r with `use_rslora`
 * (arXiv 2312.03732). Linear layers only. How A and B start, and what that does to W, is `init_lora_weights`.
 */
export const lora = withTrainedCopies(plain, { bias: 'lora_only', tying: true });
