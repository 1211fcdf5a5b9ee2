import { z } from 'zod';
import type { Adapter, StoredTensor } from '../../../core/contracts/adapter.ts';
import { columnsOf, matrix, scale, transpose, type Matrix } from '../../../core/linalg/matrix.ts';
import { multiply } from '../../../core/linalg/multiply.ts';
import { svd } from '../../../core/linalg/svd.ts';
import { lowRankOf } from '../../../core/lowrank/lowRankOf.ts';
import { matrixShape } from '../../../core/lowrank/matrixShape.ts';
import { lowRankScaling } from '../../../core/lowrank/scaling.ts';
import { checkTargets, matchTargets, queryValueTargets } from '../../../core/lowrank/targets.ts';
import { lowRankLinear, mergeLowRank } from '../../../core/tensor/ops/lowRankLinear.ts';
import { anotherMethod, pairs, writePeft } from './peftFiles.ts';

const schema = z
  .strictObject({
    r: z.int().min(1).default(8),
    lora_alpha: z.number().positive().default(8),
    init_lora_weights: z.literal('pissa').default('pissa'),
    ...queryValueTargets,
  })
  .check(checkTargets);

type Config = z.output<typeof schema>;

interface LayerOptions {
  readonly rank: number;
  readonly scaling: number;
}

/** Columns times the square roots of the values. */
function weighted(vectors: Matrix, values: Float64Array, rank: number, scaling: number): Matrix {
  const kept = columnsOf(vectors, 0, rank);
  const roots = kept.data.map((value, i) => value * Math.sqrt((values[i % rank] ?? 0) / scaling));
  return matrix(kept.rows, rank, roots);
}

/** [first; second] along the rank: rows of A, columns of B. */
function joined(first: StoredTensor, second: StoredTensor, axis: 0 | 1, sign: 1 | -1): StoredTensor {
  const [rows = 0, columns = 0] = first.shape;
  if (axis === 0) return { shape: [2 * rows, columns], values: Float32Array.of(...first.values, ...second.values) };
  const values = new Float32Array(2 * rows * columns);
  for (let row = 0; row < rows; row++) {
    const from = row * columns;
    values.set(first.values.subarray(from, from + columns), 2 * from);
    values.set(
      second.values.subarray(from, from + columns).map((value) => sign * value),
      2 * from + columns,
    );
  }
  return { shape: [rows, 2 * columns], values };
}

/**
 * PiSSA (arXiv 2404.02948): A and B are the principal triplets of W, which keeps the residual. Frozen copies of the start make the
 * conversion to LoRA exact.
 */
export const pissa: Adapter<Config, LayerOptions> = {
  id: 'pissa',
  summary: 'LoRA on the principal singular vectors',
  source: 'arXiv 2404.02948',
  formula: '',
  config: schema,
  isIdentityAtStart: () => true,
  targets: (config, layers) => matchTargets(config, layers, ['linear']),
  plan: (config, targets) => {
    const options = { rank: config.r, scaling: lowRankScaling(config.lora_alpha, config.r, false) };
    return { layers: new Map(targets.map(({ name }) => [name, options])), shared: [] };
  },
  attach({ layer, options: { rank, scaling }, weight }) {
    const [out, inputs] = matrixShape(layer);
    const { u, s, v } = svd(matrix(out, inputs, weight));
    const b = weighted(u, s, rank, scaling);
    const a = transpose(weighted(v, s, rank, scaling));
    const [aValues, bValues] = [Float32Array.from(a.data), Float32Array.from(b.data)];
    const principal = scale(multiply(b, a), scaling).data;
    const common = { layer, scaling } as const;
    const ofA = { role: 'lora_A', shape: [rank, inputs] } as const;
    const ofB = { role: 'lora_B', shape: [out, rank] } as const;
    return {
      replacedWeight: weight.map((value, i) => value - (principal[i] ?? 0)),
      parameters: [
        { ...common, ...ofA, name: `${layer.name}.lora_A`, trainable: true, values: aValues },
        { ...common, ...ofB, name: `${layer.name}.lora_B`, trainable: true, values: bValues },
        { ...common, ...ofA, name: `${layer.name}.initial_A`, trainable: false, values: aValues.slice() },
        { ...common, ...ofB, name: `${layer.name}.initial_B`, trainable: false, values: bValues.slice() },
      ],
    };
  },
  merged: (layer) => ({
    weight: mergeLowRank(lowRankOf(layer)),
    ...(layer.bias === undefined ? {} : { bias: layer.bias }),
  }),
  forward: (layer, x) => lowRankLinear(x, lowRankOf(layer), layer.bias),
  /** As plain LoRA on the original base: A' = [A; A0], B' = [B, -B0], rank and alpha doubled. */
  toPeft(config, parameters) {
    const doubled = (now: string, start: string, axis: 0 | 1, sign: 1 | -1) =>
      pairs(parameters, now, start).map(([own, initial]) => ({ ...own, ...joined(own, initial, axis, sign) }));
    const { r, lora_alpha: alpha, ...rest } = config;
    return writePeft(
      'LORA',
      { ...rest, r: 2 * r, lora_alpha: 2 * alpha, init_lora_weights: true },
      [...doubled('.lora_A', '.initial_A', 0, 1), ...doubled('.lora_B', '.initial_B', 1, -1)],
      { '.lora_A': '.lora_A.weight', '.lora_B': '.lora_B.weight' },
    );
  },
  /** What it writes is an adapter of LoRA, which reads it. */
  fromPeft: () => anotherMethod,
};
