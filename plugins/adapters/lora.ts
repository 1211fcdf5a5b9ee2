import { z } from 'zod';
import type { Adapter, LayerTensors } from '../../core/contracts/adapter.ts';
import type { ConfigFinding } from '../../core/contracts/plugin.ts';
import type { TargetLayer } from '../../core/contracts/parameter.ts';
import type { LowRankStart } from '../../core/lowrank/initialise.ts';
import { startLowRank } from '../../core/lowrank/initialise.ts';
import { lowRankOf } from '../../core/lowrank/lowRankOf.ts';
import { matrixShape } from '../../core/lowrank/matrixShape.ts';
import { patternMatches, patternValues } from '../../core/lowrank/patterns.ts';
import { loraAdapter, readLoraAdapter } from '../../core/lowrank/peftFormat.ts';
import { lowRankScaling } from '../../core/lowrank/scaling.ts';
import { checkTargets, matchTargets, queryValueTargets, unusedNames } from '../../core/lowrank/targets.ts';
import { withTrainedCopies } from '../../core/lowrank/trainedCopies.ts';
import { lowRankLinear, mergeLowRank } from '../../core/tensor/ops/lowRankLinear.ts';
import { linear, scaledMatMul } from '../../core/tensor/ops/linear.ts';
import { tf } from '../../core/tensor/tf.ts';

const perLayer = <Value extends z.ZodType<number>>(value: Value) => z.record(z.string().min(1), value).default({});

const schema = z
  .strictObject({
    r: z.int().min(1).default(8).describe('Rank'),
    lora_alpha: z.number().positive().default(8).describe('The update is scaled by lora_alpha / r'),
    lora_dropout: z.number().min(0).lt(1).default(0).describe('Dropout on the input of A while training'),
    ...queryValueTargets,
    use_rslora: z.boolean().default(false).describe('Scale by lora_alpha / sqrt r'),
    init_lora_weights: z
      .union([z.boolean(), z.literal('gaussian')])
      .default(true)
      .describe('true: A uniform, B zero; gaussian: A normal with deviation 1/r, B zero; false: both uniform'),
    rank_pattern: perLayer(z.int().min(1)).describe('Ranks by regular expression on layer names'),
    alpha_pattern: perLayer(z.number().positive()).describe('The same for lora_alpha'),
  })
  .check(checkTargets);

type Config = z.output<typeof schema>;

interface LayerOptions {
  readonly rank: number;
  readonly scaling: number;
  readonly dropout: number;
  readonly start: LowRankStart;
}

function ranksOf(config: Config, targets: readonly TargetLayer[]): readonly number[] {
  return patternValues(
    config.rank_pattern,
    targets.map(({ name }) => name),
    config.r,
  );
}

/** Wx + b + s B A dropout(x): the update sees another x than the weight, so the two cannot be one matrix. */
function forwardWithDropout(layer: LayerTensors<LayerOptions>, x: tf.Tensor2D): tf.Tensor2D {
  const { weight, a, b, scaling } = lowRankOf(layer);
  const dropped = layer.dropout(x, layer.options.dropout);
  const inner = scaledMatMul(dropped, a, scaling, false, true);
  return tf.add(linear(x, weight, layer.bias), tf.matMul(inner, b, false, true));
}

function tooLarge(config: Config, targets: readonly TargetLayer[]): ConfigFinding | undefined {
  const ranks = ranksOf(config, targets);
  const index = targets.findIndex(({ shape }, i) => (ranks[i] ?? 0) > Math.min(...shape));
  const [layer, rank] = [targets[index], ranks[index]];
  if (layer === undefined || rank === undefined) return undefined;
  const message = `rank ${rank} is larger than ${layer.name} [${layer.shape.join(', ')}] allows: at most ${Math.min(...layer.shape)}`;
  return { severity: 'error', path: rank === config.r ? 'r' : 'rank_pattern', message };
}

function unusedPatterns(config: Config, targets: readonly TargetLayer[]): readonly ConfigFinding[] {
  const layers = targets.map(({ name }) => name);
  return (['rank_pattern', 'alpha_pattern'] as const).flatMap((path) =>
    Object.keys(config[path])
      .filter((pattern) => !patternMatches(pattern, layers).includes(true))
      .map((pattern) => ({ severity: 'warning', path, message: `"${pattern}" matches no adapted layer` }) as const),
  );
}

const method: Adapter<Config, LayerOptions> = {
  id: 'lora',
  summary: 'Low-rank update of frozen linear layers: W + s B A',
  source: 'LoRA, arXiv 2106.09685; rsLoRA, arXiv 2312.03732; configuration of peft.LoraConfig',
  formula: 'W + s B A, s = lora_alpha / r',
  config: schema,
  aliases: { rank: 'r', alpha: 'lora_alpha', dropout: 'lora_dropout' },
  isIdentityAtStart: (config) => config.init_lora_weights !== false,
  usesDropout: (config) => config.lora_dropout > 0,
  targets: (config, layers) => matchTargets(config, layers, ['linear']),
  plan(config, targets) {
    const ranks = ranksOf(config, targets);
    const alphas = patternValues(
      config.alpha_pattern,
      targets.map(({ name }) => name),
      config.lora_alpha,
    );
    const layers = targets.map(({ name }, i) => {
      const [rank, alpha] = [ranks[i] ?? config.r, alphas[i] ?? config.lora_alpha];
      const scaling = lowRankScaling(alpha, rank, config.use_rslora);
      return [name, { rank, scaling, dropout: config.lora_dropout, start: config.init_lora_weights }] as const;
    });
    return { layers: new Map(layers), shared: [] };
  },
  attach({ layer, options, random }) {
    const { rank, scaling, start } = options;
    const [out, inputs] = matrixShape(layer);
    const { a, b } = startLowRank(start, [out, inputs], rank, random);
    const common = { trainable: true, layer, scaling } as const;
    return {
      parameters: [
        { ...common, name: `${layer.name}.lora_A`, role: 'lora_A', shape: [rank, inputs], values: a },
        { ...common, name: `${layer.name}.lora_B`, role: 'lora_B', shape: [out, rank], values: b },
      ],
    };
  },
  merged: (layer) => ({
    weight: mergeLowRank(lowRankOf(layer)),
    ...(layer.bias === undefined ? {} : { bias: layer.bias }),
  }),
  forward: (layer, x) =>
    layer.options.dropout === 0 ? lowRankLinear(x, lowRankOf(layer), layer.bias) : forwardWithDropout(layer, x),
  check(config, targets) {
    const error = tooLarge(config, targets);
    return [
      ...(error === undefined ? [] : [error]),
      ...unusedNames(config, targets),
      ...unusedPatterns(config, targets),
    ];
  },
  toPeft(config, parameters, baseModel) {
    const { r, lora_alpha, lora_dropout, use_rslora, init_lora_weights, rank_pattern, alpha_pattern } = config;
    const own = { r, lora_alpha, lora_dropout, use_rslora, init_lora_weights, rank_pattern, alpha_pattern };
    return loraAdapter(own, config, parameters, baseModel);
  },
  fromPeft(adapter) {
    const read = readLoraAdapter(adapter, Object.keys(schema.shape));
    if ('refused' in read) return read;
    const parsed = schema.safeParse(read.fields);
    return parsed.success
      ? { config: parsed.data, parameters: read.parameters }
      : { refused: `adapter_config.json does not fit: ${z.prettifyError(parsed.error)}` };
  },
};

/**
 * LoRA (arXiv 2106.09685): W x + s B A x with W frozen, A [r, in], B [out, r], s = lora_alpha / r, or lora_alpha / sqrt r with `use_rslora`
 * (arXiv 2312.03732). Linear layers only.
 */
export const lora = withTrainedCopies(method, { bias: 'lora_only', tying: true });
