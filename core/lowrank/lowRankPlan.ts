import type { AdapterPlan, LayerCalibration } from '../contracts/adapter.ts';
import type { TargetLayer } from '../contracts/parameter.ts';
import type { RandomNumbers } from '../contracts/randomNumbers.ts';
import { batchesOf } from './batches.ts';
import { evaComponents } from './evaComponents.ts';
import { evaSchema, type StartSettings } from './initialisation.ts';
import { alphaOf, type LoraOptions } from './loraOptions.ts';
import { matrixShape } from './matrixShape.ts';
import { patternValues } from './patterns.ts';
import { lowRankScaling } from './scaling.ts';

/** What the LoRA family decides for a layer. */
export interface LowRankOptions {
  /** 0 for a layer that EVA gave no component: it stays as it is. */
  readonly rank: number;
  readonly scaling: number;
  readonly dropout: number;
  /** Whether A is frozen (LoRA-FA). */
  readonly freezesA: boolean;
  /** Whether B has a bias, which is scaled as the update is. */
  readonly hasUpdateBias: boolean;
  readonly start: StartSettings;
}

/** The rank of each target by the options' patterns. */
export function ranksOf(config: LoraOptions, targets: readonly TargetLayer[]): readonly number[] {
  return patternValues(
    config.rank_pattern,
    targets.map(({ name }) => name),
    config.r,
  );
}

function alphasOf(config: LoraOptions, targets: readonly TargetLayer[]): readonly number[] {
  const names = targets.map(({ name }) => name);
  // MiLoRA+ is unscaled at every rank.
  if (config.init_lora_weights === 'miloraplus') return ranksOf(config, targets);
  return patternValues(config.alpha_pattern, names, alphaOf(config));
}

interface Start {
  readonly rank: number;
  readonly alpha: number;
  readonly components?: Float32Array;
}

/** Ranks, alphas and components as EVA finds them; without calibration the ranks stay as the options have them. */
function evaStarts(
  config: LoraOptions,
  targets: readonly TargetLayer[],
  starts: readonly Start[],
  random: RandomNumbers,
  calibration: ReadonlyMap<string, LayerCalibration> | undefined,
): readonly Start[] {
  if (calibration === undefined) return starts;
  const options = config.eva_config ?? evaSchema.parse({});
  const layers = targets.map((layer, i) => {
    const [out, inputs] = matrixShape(layer);
    const own = calibration.get(layer.name);
    const batches = own?.kind === 'activations' ? batchesOf(own, inputs) : [];
    return { name: layer.name, rank: starts[i]?.rank ?? config.r, room: Math.min(out, inputs), batches };
  });
  const found = evaComponents(layers, options, random);
  return targets.map(({ name }, i) => {
    const start = starts[i] as Start;
    const eva = found.get(name);
    if (eva === undefined) return start;
    const alpha = options.adjust_scaling_factors ? (start.alpha * eva.rank) / start.rank : start.alpha;
    return { rank: eva.rank, alpha, components: eva.values };
  });
}

/** Each layer's rank and scaling. EVA moves ranks between layers, so it needs the calibration here. */
export function lowRankPlan(
  config: LoraOptions & { readonly freeze_a?: boolean; readonly lora_bias?: boolean },
  targets: readonly TargetLayer[],
  random: RandomNumbers,
  calibration?: ReadonlyMap<string, LayerCalibration>,
): AdapterPlan<LowRankOptions> {
  const alphas = alphasOf(config, targets);
  const plain = ranksOf(config, targets).map((rank, i): Start => ({ rank, alpha: alphas[i] ?? alphaOf(config) }));
  const { init_lora_weights, corda_config, lora_ga_config, loftq_config } = config;
  const starts = init_lora_weights === 'eva' ? evaStarts(config, targets, plain, random, calibration) : plain;
  const layers = targets.map(({ name }, i) => {
    const { rank, alpha, components } = starts[i] as Start;
    const start = { init_lora_weights, corda_config, lora_ga_config, loftq_config, components };
    const scaling = rank === 0 ? 1 : lowRankScaling(alpha, rank, config.use_rslora);
    const [freezesA, hasUpdateBias] = [config.freeze_a ?? false, config.lora_bias ?? false];
    return [name, { rank, scaling, dropout: config.lora_dropout, freezesA, hasUpdateBias, start }] as const;
  });
  return { layers: new Map(layers), shared: [] };
}
