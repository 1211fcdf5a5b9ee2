import type { StoredTensor } from '../../../core/contracts/adapter.ts';
import type { ParameterSpec } from '../../../core/contracts/parameter.ts';
import { MASK } from './options.ts';

type Stored = ParameterSpec & StoredTensor;

/** Which triplets are kept, by `LAYER.lora_E`, as in PEFT's `rank_pattern`. */
export type RankPattern = Readonly<Record<string, readonly boolean[]>>;

function layerOf(name: string): string {
  return name.slice(0, name.lastIndexOf('.'));
}

/** A tensor whose triplets are the rows (A, E) or the columns (B): those of `ranks`, in that order, zeros for -1. */
function takeRanks(name: string, { shape, values }: StoredTensor, ranks: readonly number[]): StoredTensor {
  const [rows = 0, columns = 0] = shape;
  const isB = name.endsWith('.lora_B');
  const [newRows, newColumns] = isB ? [rows, ranks.length] : [ranks.length, columns];
  const taken = Float32Array.from({ length: newRows * newColumns }, (_, at) => {
    const [row, column] = [Math.floor(at / newColumns), at % newColumns];
    const [from, of] = isB ? [row, ranks[column] ?? -1] : [ranks[row] ?? -1, column];
    return from < 0 || of < 0 ? 0 : (values[from * columns + of] ?? 0);
  });
  return { shape: [newRows, newColumns], values: taken };
}

/**
 * The parameters with the triplets that their layer's mask keeps, and which those are; undefined where all are kept, as they are before
 * the first allocation.
 */
export function keptRanks(parameters: readonly Stored[]): {
  readonly pruned: readonly Stored[];
  readonly pattern: RankPattern | undefined;
} {
  const masks = parameters.filter(({ name }) => name.endsWith(`.${MASK}`));
  const kept = new Map(masks.map(({ name, values }) => [layerOf(name), Array.from(values, (value) => value !== 0)]));
  const pruned = parameters.map((parameter) => {
    const own = kept.get(layerOf(parameter.name));
    if (own === undefined || parameter.name.endsWith(`.${MASK}`)) return parameter;
    const ranks = own.flatMap((isKept, rank) => (isKept ? [rank] : []));
    return { ...parameter, ...takeRanks(parameter.name, parameter, ranks) };
  });
  const isWhole = [...kept.values()].every((own) => own.every(Boolean));
  if (isWhole) return { pruned: parameters, pattern: undefined };
  return { pruned, pattern: Object.fromEntries([...kept].map(([layer, own]) => [`${layer}.lora_E`, own])) };
}

/** The reverse: triplets that were pruned are zero in A, B and E, so that no gradient reaches them, and masked. */
export function withPrunedRanks(
  tensors: ReadonlyMap<string, StoredTensor>,
  pattern: RankPattern,
): ReadonlyMap<string, StoredTensor> {
  const whole = [...tensors].map(([name, tensor]): [string, StoredTensor] => {
    const kept = pattern[`${layerOf(name)}.lora_E`];
    if (kept === undefined) return [name, tensor];
    let next = 0;
    const ranks = kept.map((isKept) => (isKept ? next++ : -1));
    return [name, takeRanks(name, tensor, ranks)];
  });
  const masks = Object.entries(pattern).map(([name, kept]): [string, StoredTensor] => [
    `${layerOf(name)}.${MASK}`,
    { shape: [kept.length, 1], values: Float32Array.from(kept, Number) },
  ]);
  return new Map([...whole, ...masks]);
}

/** What does not fit between a pattern and the tensors, in words. */
export function patternProblem(
  tensors: ReadonlyMap<string, StoredTensor>,
  pattern: RankPattern,
  rank: number,
): string | undefined {
  for (const [name, kept] of Object.entries(pattern)) {
    if (kept.length !== rank) return `rank_pattern of "${name}" has ${kept.length} entries, not init_r ${rank}`;
    const count = kept.filter(Boolean).length;
    const stored = tensors.get(name);
    if (stored === undefined) return `rank_pattern names "${name}", of which there is no tensor`;
    if (stored.shape[0] !== count) return `"${name}" has ${stored.shape[0]} triplets; its rank_pattern keeps ${count}`;
  }
  return undefined;
}
