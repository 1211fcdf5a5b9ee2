import type { StoredTensor } from '../../../core/contracts/adapter.ts';
import type { ParameterSpec } from '../../../core/contracts/parameter.ts';

type Stored = ParameterSpec & StoredTensor;

/** Which triplets of each layer are kept, by layer name. */
export type RankPattern = Readonly<Record<string, readonly boolean[]>>;

/** A tensor whose triplets are the rows (A, E) or the columns (B). */
function takeRanks(name: string, { shape, values }: StoredTensor, ranks: readonly number[]): StoredTensor {
  const [rows = 0, columns = 0] = shape;
  const isB = name.endsWith('.lora_B');
  const [newRows, newColumns] = isB ? [rows, ranks.length] : [ranks.length, columns];
  const taken = Float32Array.from({ length: newRows * newColumns }, (_, at) => {
    const [row, column] = [Math.floor(at / newColumns), at % newColumns];
    const [from, of] = isB ? [row, ranks[column] ?? 0] : [ranks[row] ?? 0, column];
    return of < 0 || from < 0 ? 0 : (values[from * columns + of] ?? 0);
  });
  return { shape: [newRows, newColumns], values: taken };
}

/** The parameters with the triplets that their layer's mask keeps, as PEFT saves them, and which those are. */
export function keepRanks(parameters: readonly Stored[]): {
  readonly pruned: readonly Stored[];
  readonly pattern: RankPattern;
} {
  const masks = parameters.filter(({ name }) => name.endsWith('.mask'));
  const pattern = Object.fromEntries(
    masks.map(({ name, values }) => [name.slice(0, -'.mask'.length), Array.from(values, (value) => value !== 0)]),
  );
  const pruned = parameters.flatMap((parameter) => {
    const kept = pattern[parameter.name.slice(0, parameter.name.lastIndexOf('.'))];
    if (kept === undefined || parameter.name.endsWith('.mask')) return [];
    const ranks = kept.flatMap((isKept, rank) => (isKept ? [rank] : []));
    return [{ ...parameter, ...takeRanks(parameter.name, parameter, ranks) }];
  });
  return { pruned, pattern };
}

/** The reverse: pruned triplets are zero again. */
export function expandRanks(
  tensors: ReadonlyMap<string, StoredTensor>,
  pattern: RankPattern,
): ReadonlyMap<string, StoredTensor> {
  const expanded = [...tensors].map(([name, tensor]): [string, StoredTensor] => {
    const kept = pattern[name.slice(0, name.lastIndexOf('.'))] ?? [];
    let next = 0;
    return [
      name,
      takeRanks(
        name,
        tensor,
        kept.map((isKept) => (isKept ? next++ : -1)),
      ),
    ];
  });
  const masks = Object.entries(pattern).map(([layer, kept]): [string, StoredTensor] => [
    `${layer}.mask`,
    { shape: [kept.length, 1], values: Float32Array.from(kept, Number) },
  ]);
  return new Map([...expanded, ...masks]);
}
