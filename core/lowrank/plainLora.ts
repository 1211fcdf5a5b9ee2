import type { LayerValues, LowRankUpdate, StoredTensor } from '../contracts/adapter.ts';
import { startNames } from './attachLowRank.ts';
import { startOf } from './initialise.ts';
import type { LowRankOptions } from './lowRankPlan.ts';

/** [now; start] along the rank: rows of A. */
export function doubledA(now: StoredTensor, start: StoredTensor): StoredTensor {
  const [rank = 0, inputs = 0] = now.shape;
  const values = new Float32Array(2 * rank * inputs);
  values.set(now.values);
  values.set(start.values, rank * inputs);
  return { shape: [2 * rank, inputs], values };
}

/** [now, -start] along the rank: columns of B. */
export function doubledB(now: StoredTensor, start: StoredTensor): StoredTensor {
  const [out = 0, rank = 0] = now.shape;
  const values = new Float32Array(2 * out * rank);
  for (let row = 0; row < out; row++) {
    const from = row * rank;
    values.set(now.values.subarray(from, from + rank), 2 * from);
    values.set(
      start.values.subarray(from, from + rank).map((value) => -value),
      2 * from + rank,
    );
  }
  return { shape: [out, 2 * rank], values };
}

/** A zero update, for a layer without parameters. */
function nothing({ layer: { shape } }: LayerValues<LowRankOptions>): LowRankUpdate {
  const [out = 0, inputs = 0] = shape;
  const a = { shape: [1, inputs], values: new Float32Array(inputs) };
  return { a, b: { shape: [out, 1], values: new Float32Array(out) }, scaling: 1 };
}

/**
 * The update of a layer as plain LoRA on the original base. Where the start was subtracted from the weight, W - s B0 A0 + s B A is
 * W + s [B, -B0] [A; A0], of twice the rank. LoftQ's frozen weight differs from the base by more than a low rank: it has no such form.
 */
export function plainLora(layer: LayerValues<LowRankOptions>): LowRankUpdate | undefined {
  const { rank, scaling, start } = layer.options;
  if (rank === 0) return nothing(layer);
  const { subtractsStart, replacesWeight } = startOf(start.init_lora_weights);
  const [a, b] = [layer.parameter('lora_A'), layer.parameter('lora_B')];
  if (subtractsStart === true) {
    const [a0, b0] = [layer.parameter(startNames.a), layer.parameter(startNames.b)];
    return { a: doubledA(a, a0), b: doubledB(b, b0), scaling };
  }
  return replacesWeight === true ? undefined : { a, b, scaling };
}
