import type { AttachContext, AttachedLayer } from '../contracts/adapter.ts';
import type { ParameterSpec, TargetLayer } from '../contracts/parameter.ts';
import { matrix } from '../linalg/matrix.ts';
import { multiply } from '../linalg/multiply.ts';
import { startOf } from './initialise.ts';
import type { LowRankOptions } from './lowRankPlan.ts';
import { matrixShape } from './matrixShape.ts';
import type { LowRankFactors } from './starts/startContext.ts';

/** Short names of the frozen copies of A and B that a start leaves which is subtracted from the weight. */
export const startNames = { a: 'initial_A', b: 'initial_B' } as const;

/** The parameters of W + s B A in a layer: A, B and, where the frozen weight is without them, copies of how they started. */
export function lowRankShapes(
  layer: TargetLayer,
  { rank, scaling, freezesA, start }: LowRankOptions,
): readonly ParameterSpec[] {
  if (rank === 0) return [];
  const [out, inputs] = matrixShape(layer);
  const spec = (
    name: string,
    role: ParameterSpec['role'],
    shape: readonly number[],
    trainable: boolean,
  ): ParameterSpec => ({ name: `${layer.name}.${name}`, role, shape, trainable, layer, scaling });
  const copies = [
    spec(startNames.a, 'matrix', [rank, inputs], false),
    spec(startNames.b, 'matrix', [out, rank], false),
  ];
  return [
    spec('lora_A', 'lora_A', [rank, inputs], !freezesA),
    spec('lora_B', 'lora_B', [out, rank], true),
    ...(startOf(start.init_lora_weights).subtractsStart === true ? copies : []),
  ];
}

/** W - s B A, computed in float64. */
function residual(
  weight: Float32Array,
  { a, b }: LowRankFactors,
  [out, inputs]: readonly [number, number],
  { rank, scaling }: LowRankOptions,
): Float32Array {
  const product = multiply(matrix(out, rank, b), matrix(rank, inputs, a)).data;
  return weight.map((value, i) => value - scaling * (product[i] ?? 0));
}

/** A and B of one layer at their start, and the frozen weight in place of the base's where the start has one. */
export function attachLowRank(context: AttachContext<LowRankOptions>): AttachedLayer {
  const { layer, options, weight, random, calibration } = context;
  const { rank, scaling, start: settings } = options;
  if (rank === 0) return { parameters: [] };
  const shape = matrixShape(layer);
  const start = startOf(settings.init_lora_weights);
  const factors = start.factors({
    layer: layer.name,
    shape,
    rank,
    scaling,
    weight,
    random,
    settings,
    ...(calibration === undefined ? {} : { calibration }),
  });
  const frozen = start.subtractsStart === true ? residual(weight, factors, shape, options) : factors.frozen;
  const values = [factors.a, factors.b, factors.a, factors.b];
  return {
    parameters: lowRankShapes(layer, options).map((spec, i) => ({ ...spec, values: (values[i] ?? factors.a).slice() })),
    ...(frozen === undefined ? {} : { replacedWeight: frozen }),
  };
}
