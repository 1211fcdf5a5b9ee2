import type { Adapter, LayerValues, LowRankUpdate } from '../../../core/contracts/adapter.ts';
import type { ParameterSpec, TargetLayer } from '../../../core/contracts/parameter.ts';
import type { ConfigFinding } from '../../../core/contracts/plugin.ts';
import { matrixShape } from '../../../core/lowrank/matrixShape.ts';
import { mergedLayer } from '../../../core/lowrank/mergedLayer.ts';
import { matchTargets, unusedNames } from '../../../core/lowrank/targets.ts';
import { withTrainedCopies } from '../../../core/lowrank/trainedCopies.ts';
import { lowRankLinear, mergeLowRank } from '../../../core/tensor/ops/lowRankLinear.ts';
import { moving } from './moving.ts';
import { names, schema, type Config, type LayerOptions, type SliceKind } from './options.ts';
import { partsOf } from './slices.ts';
import { columnsAt, rowsAt, unitRows } from './sliceValues.ts';

function modesOf({ slice_mode: mode }: Config): readonly SliceKind[] {
  return mode === 'alternate' ? ['column', 'row'] : [mode];
}

/** The trained slices; where they move also their place, and the weight with what former slices learned. */
function shapesOf(layer: TargetLayer, { rank, modes, interval }: LayerOptions): readonly ParameterSpec[] {
  const [out, inputs] = matrixShape(layer);
  const common = { layer, scaling: 1 } as const;
  const trained = { ...common, role: 'weight', trainable: true } as const;
  const moved = { ...common, trainable: false, movedByHook: true } as const;
  const slices = modes.map((mode) =>
    mode === 'column'
      ? { ...trained, name: `${layer.name}.${names.columns}`, shape: [out, rank] }
      : { ...trained, name: `${layer.name}.${names.rows}`, shape: [rank, inputs] },
  );
  if (interval === 0) return slices;
  return [
    ...slices,
    { ...moved, role: 'vector', name: `${layer.name}.${names.position}`, shape: [3] },
    { ...moved, role: 'weight', name: `${layer.name}.${names.kept}`, shape: [out, inputs] },
  ];
}

function startValues(
  spec: ParameterSpec,
  layer: TargetLayer,
  options: LayerOptions,
  weight: Float32Array,
): Float32Array {
  const shape = matrixShape(layer);
  const [column, row] = options.start;
  if (spec.name.endsWith(names.columns)) return columnsAt(weight, shape, column, options.rank);
  if (spec.name.endsWith(names.rows)) return rowsAt(weight, shape, row, options.rank);
  return spec.name.endsWith(names.position) ? Float32Array.from(options.start) : weight.slice();
}

/** The update of a slice that stays where it is. One that moved has left updates in its former places, and no small rank. */
function sliceUpdate({ layer, options, base, parameter }: LayerValues<LayerOptions>): LowRankUpdate | undefined {
  const [mode] = options.modes;
  if (options.interval > 0 || mode === undefined) return undefined;
  const [out, inputs] = matrixShape(layer);
  const { rank, start } = options;
  const less = (trained: Float32Array, before: Float32Array): Float32Array => {
    return trained.map((value, i) => value - (before[i] ?? 0));
  };
  if (mode === 'column') {
    const changed = less(parameter(names.columns).values, columnsAt(base, [out, inputs], start[0], rank));
    const places = unitRows(start[0], rank, inputs);
    return { a: { shape: [rank, inputs], values: places }, b: { shape: [out, rank], values: changed }, scaling: 1 };
  }
  const changed = less(parameter(names.rows).values, rowsAt(base, [out, inputs], start[1], rank));
  const places = unitRows(start[1], rank, out);
  const b = Float32Array.from(
    { length: out * rank },
    (_, at) => places[(at % rank) * out + Math.floor(at / rank)] ?? 0,
  );
  return { a: { shape: [rank, inputs], values: changed }, b: { shape: [out, rank], values: b }, scaling: 1 };
}

function findings(config: Config, targets: readonly TargetLayer[]): readonly ConfigFinding[] {
  const found: ConfigFinding[] = [];
  if (config.slice_mode === 'alternate' && config.interval === 0) {
    const message =
      'slice_mode "alternate" changes from columns to rows when the slice moves; set interval to the steps between moves';
    found.push({ severity: 'error', path: 'interval', message });
  }
  for (const layer of targets) {
    const [out, inputs] = matrixShape(layer);
    const sizes = modesOf(config).map((mode) => (mode === 'column' ? inputs : out));
    const [size, where] = [Math.min(...sizes), `${layer.name} [${out}, ${inputs}]`];
    if (config.r > size) {
      found.push({
        severity: 'error',
        path: 'r',
        message: `r ${config.r} is larger than the side ${size} of ${where}`,
      });
      break;
    }
    if (config.slice_position >= size) {
      const message = `slice_position ${config.slice_position} lies outside of ${where}: at most ${size - 1}`;
      found.push({ severity: 'error', path: 'slice_position', message });
      break;
    }
  }
  return [...found, ...unusedNames(config, targets)];
}

const own: Adapter<Config, LayerOptions> = {
  id: 'slicefine',
  summary: 'A slice of columns or rows of the weight is trained; it may move on every few steps',
  source: 'SliceFine, arXiv 2510.08513; options of this project',
  formula: 'W with W[:, p : p + r] trained; p moves on by r every interval steps',
  config: schema,
  aliases: { rank: 'r' },
  examples: [
    { r: 3, slice_mode: 'row', slice_position: 1, target_modules: 'all-linear' },
    { r: 3, interval: 2, target_modules: ['q_proj', 'v_proj', 'down_proj'] },
  ],
  isIdentityAtStart: () => true,
  targets: (config, layers) => matchTargets(config, layers, ['linear']),
  plan(config, targets) {
    const { r: rank, slice_position: at, interval } = config;
    const modes = modesOf(config);
    const options = { rank, modes, start: [at, at, config.slice_mode === 'row' ? 1 : 0], interval } as const;
    return { layers: new Map(targets.map(({ name }) => [name, options])), shared: [] };
  },
  attach: ({ layer, options, weight }) => ({
    parameters: shapesOf(layer, options).map((spec) => ({
      ...spec,
      values: startValues(spec, layer, options, weight),
    })),
  }),
  shapes: shapesOf,
  merged: (layer) => mergedLayer(mergeLowRank(partsOf(layer)), layer),
  forward: (layer, x) => lowRankLinear(x, partsOf(layer), layer.bias),
  loraForm: sliceUpdate,
  hooks: moving,
  check: findings,
  toPeft: () => undefined,
  fromPeft: () => ({ refused: 'PEFT has no SliceFine' }),
};

/**
 * SliceFine (arXiv 2510.08513): r adjacent columns (or rows) of W are trained, the rest is frozen. With `interval` N the slice moves on by
 * r after every N steps, around the end of the matrix, and the former one keeps what it learned; without it stays at `slice_position`. PEFT
 * has no such method: adapters are exported as merged models. Linear layers only.
 */
export const sliceFine = withTrainedCopies(own);
