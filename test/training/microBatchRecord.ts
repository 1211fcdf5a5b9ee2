import type { SafetensorsFile } from '../../core/model/safetensors.ts';
import type { TrainingRow } from '../../core/training/microBatch.ts';

/** A micro-batch as TRL's loss saw it, row by row. */
export interface MicroBatchRecord {
  /** Our rows in TRL's order. */
  readonly rows: readonly TrainingRow[];
  readonly tensors: SafetensorsFile;
  readonly prefix: string;
}

interface RecordedRow {
  readonly prompt: readonly number[];
  /** Padded. */
  readonly ids: readonly number[];
  /** Active tokens; 0 for a masked row. */
  readonly tokens: number;
}

function integers(tensors: SafetensorsFile, name: string): number[][] {
  const [rows = 0, columns = 0] = tensors.info(name).shape;
  const values = Array.from(tensors.read(name), Number);
  return Array.from({ length: rows }, (_, row) => values.slice(row * columns, (row + 1) * columns));
}

function recordedRows(tensors: SafetensorsFile, prefix: string): readonly RecordedRow[] {
  const [promptIds, promptMask, ids, mask] = ['prompt_ids', 'prompt_mask', 'completion_ids', 'completion_mask'].map(
    (name) => integers(tensors, prefix + name),
  );
  return ids!.map((own, row) => ({
    prompt: promptIds![row]!.filter((_, i) => promptMask![row]![i] === 1),
    ids: own,
    tokens: mask![row]!.reduce((sum, value) => sum + value, 0),
  }));
}

function isSame(row: TrainingRow, recorded: RecordedRow): boolean {
  const length = row.active ? recorded.tokens : row.ids.length;
  return (
    row.ids.length === length &&
    (row.active ? recorded.tokens > 0 : recorded.tokens === 0) &&
    row.prompt.join() === recorded.prompt.join() &&
    row.ids.join() === recorded.ids.slice(0, length).join()
  );
}

/** Finds TRL's rows of micro-batch `index` among those of the generation batch that are left; takes them out of `left`. */
export function takeMicroBatch(tensors: SafetensorsFile, index: number, left: TrainingRow[]): MicroBatchRecord {
  const prefix = `micro${index}.`;
  const rows = recordedRows(tensors, prefix).map((recorded) => {
    const places = left.flatMap((row, place) => (isSame(row, recorded) ? [place] : []));
    // A masked row shows no length; the longest that fits is meant.
    const place = places.sort((a, b) => left[b]!.ids.length - left[a]!.ids.length)[0];
    if (place === undefined) throw new Error(`${prefix} holds a row that is not in the generation batch`);
    return left.splice(place, 1)[0]!;
  });
  return { rows, tensors, prefix };
}

/** TRL's values [rows, columns] at the active tokens, one after another. */
export function activeValues({ rows, tensors, prefix }: MicroBatchRecord, name: string): readonly number[] {
  const columns = tensors.info(prefix + name).shape[1] ?? 0;
  const values = tensors.readFloat32(prefix + name);
  return rows.flatMap((row, r) => (row.active ? [...values.subarray(r * columns, r * columns + row.ids.length)] : []));
}

/** Ours of the same rows. */
export function activeOf(
  rows: readonly TrainingRow[],
  values: (row: TrainingRow, index: number) => ArrayLike<number>,
): readonly number[] {
  return rows.flatMap((row, i) => (row.active ? Array.from(values(row, i)) : []));
}
