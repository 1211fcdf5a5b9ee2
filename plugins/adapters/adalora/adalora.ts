import type { Adapter, LayerTensors } from '../../../core/contracts/adapter.ts';
import type { InitialParameter, TargetLayer } from '../../../core/contracts/parameter.ts';
import type { ConfigFinding } from '../../../core/contracts/plugin.ts';
import { lowRankForward } from '../../../core/lowrank/lowRankForward.ts';
import { matrixShape } from '../../../core/lowrank/matrixShape.ts';
import { mergedLayer } from '../../../core/lowrank/mergedLayer.ts';
import { matchTargets, unusedNames } from '../../../core/lowrank/targets.ts';
import { withTrainedCopies } from '../../../core/lowrank/trainedCopies.ts';
import { mergeLowRank, type LowRank } from '../../../core/tensor/ops/lowRankLinear.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { allocation } from './allocation.ts';
import { factors, MASK, schema, TOTAL_STEP, type Config, type LayerOptions } from './options.ts';
import { readAdalora, writeAdalora } from './peft.ts';
import { hasNoSteps, tooShort } from './schedule.ts';

/** B diag(E) A as B (diag(E) A). */
function partsOf({ weight, options, parameter }: LayerTensors<LayerOptions>): LowRank {
  const a = tf.mul<tf.Tensor2D>(parameter('lora_E'), parameter('lora_A'));
  return { weight: weight as tf.Tensor2D, a, b: parameter('lora_B') as tf.Tensor2D, scaling: options.scaling };
}

function findings(config: Config, targets: readonly TargetLayer[], runSteps?: number): readonly ConfigFinding[] {
  const { init_r: first, target_r: last } = config;
  const total = config.total_step ?? runSteps;
  const found: ConfigFinding[] = [];
  if (first <= last) {
    const message = `target_r ${last} must be below init_r ${first}: else there is nothing to prune (PEFT fails at the first allocation)`;
    found.push({ severity: 'error', path: 'target_r', message });
  }
  if (total !== undefined && hasNoSteps(config, total)) {
    found.push({ severity: 'error', path: 'tinit', message: tooShort(config, total) });
  }
  const small = targets.find(({ shape }) => first > Math.min(...shape));
  if (small !== undefined) {
    const message = `init_r ${first} is larger than ${small.name} [${small.shape.join(', ')}] allows for orthogonal triplets`;
    found.push({ severity: 'warning', path: 'init_r', message });
  }
  return [...found, ...unusedNames(config, targets)];
}

const own: Adapter<Config, LayerOptions> = {
  id: 'adalora',
  summary: 'Low-rank update whose ranks are allocated over the layers while training',
  source: 'AdaLoRA, arXiv 2303.10512; configuration of peft.AdaLoraConfig',
  formula: 'W + s B diag(E) A, s = lora_alpha / (init_r + 1e-5), triplets pruned by importance',
  config: schema,
  aliases: { alpha: 'lora_alpha', dropout: 'lora_dropout' },
  examples: [
    { init_r: 3, lora_dropout: 0.1, target_r: 2, target_modules: ['q_proj', 'v_proj', 'down_proj'] },
    {
      init_r: 4,
      target_r: 1,
      lora_alpha: 16,
      init_lora_weights: false,
      target_modules: 'all-linear',
      deltaT: 2,
      tinit: 1,
    },
  ],
  isIdentityAtStart: (config) => config.init_lora_weights,
  usesDropout: (config) => config.lora_dropout > 0,
  targets: (config, layers) => matchTargets(config, layers, ['linear']),
  plan(config, targets) {
    const rank = config.init_r;
    const scaling = config.lora_alpha / (rank + 1e-5);
    const common = { rank, scaling, dropout: config.lora_dropout, startsAtBase: config.init_lora_weights };
    const optionsOf = (layer: TargetLayer): LayerOptions => {
      const [out, inputs] = matrixShape(layer);
      return { ...common, shapes: { lora_A: [rank, inputs], lora_B: [out, rank], lora_E: [rank, 1] } };
    };
    const values = new Float32Array(1);
    const moved = { role: 'vector', trainable: false, movedByHook: true } as const;
    return {
      layers: new Map(targets.map((layer) => [layer.name, optionsOf(layer)])),
      shared: [{ ...moved, name: TOTAL_STEP, shape: [1], scaling: 1, values }],
    };
  },
  attach({ layer, options: { rank, scaling, shapes, startsAtBase }, random }) {
    const trained = factors.map((factor): InitialParameter => {
      const [rows, columns] = shapes[factor];
      const drawn = random.normals(rows * columns);
      const size = factor === 'lora_E' ? 0 : 0.02;
      const values = startsAtBase ? drawn.map((value) => size * value) : drawn;
      const name = `${layer.name}.${factor}`;
      return { name, role: factor, shape: shapes[factor], trainable: true, layer, scaling, values };
    });
    const mask: InitialParameter = {
      name: `${layer.name}.${MASK}`,
      role: 'vector',
      shape: shapes.lora_E,
      trainable: false,
      movedByHook: true,
      layer,
      scaling,
      values: new Float32Array(rank).fill(1),
    };
    return { parameters: [...trained, mask] };
  },
  merged: (layer) => mergedLayer(mergeLowRank(partsOf(layer)), layer),
  forward: (layer, x) => lowRankForward(layer, partsOf(layer), layer.options.dropout, x),
  loraForm({ options: { scaling }, parameter }) {
    const [a, e] = [parameter('lora_A'), parameter('lora_E').values];
    const inputs = a.shape[1] ?? 1;
    const values = a.values.map((value, at) => value * (e[Math.floor(at / inputs)] ?? 0));
    return { a: { shape: a.shape, values }, b: parameter('lora_B'), scaling };
  },
  hooks: allocation,
  check: findings,
  peftType: 'ADALORA',
  toPeft: writeAdalora,
  fromPeft: readAdalora,
};

/**
 * AdaLoRA (arXiv 2303.10512): W + s B diag(E) A, s = lora_alpha / (init_r + 1e-5), with triplets (E_k, A_k, B_k) pruned over all layers by
 * importance, as PEFT schedules it. `rank_mask` says which are kept. Linear layers only.
 */
export const adalora = withTrainedCopies(own, { bias: 'lora_only', tying: true });
