import { readFileSync } from 'node:fs';
import type { LossBatch } from '../../../core/conformance/objectiveBench.ts';
import type { SafetensorsFile } from '../../../core/model/safetensors.ts';
import { openSafetensors } from '../../../core/model/safetensors.ts';
import { goldenPath } from '../../goldenFolder.ts';

/** One of TRL's losses on one batch; `options` are changes to the file's defaults. */
export interface LossCase {
  readonly id: number;
  readonly batch: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly losses: readonly (number | string)[];
  readonly num_items_in_batch: number;
  readonly metrics: Readonly<Record<string, readonly (number | string)[]>>;
  readonly mask_row_sums: readonly number[];
}

/** Everything in `trl/losses`. */
export interface LossFile {
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly cases: readonly LossCase[];
  readonly inputs: SafetensorsFile;
  readonly results: SafetensorsFile;
}

/** Reads `trl/losses`. */
export function readLossFile(): LossFile {
  const { defaults, cases } = JSON.parse(readFileSync(goldenPath('trl', 'losses', 'cases.json'), 'utf8')) as LossFile;
  const open = (name: string): SafetensorsFile => openSafetensors(goldenPath('trl', 'losses', name));
  return { defaults, cases, inputs: open('inputs.safetensors'), results: open('results.safetensors') };
}

/** The options of a case, defaults filled in. */
export function optionsOf(file: LossFile, entry: LossCase): Readonly<Record<string, unknown>> {
  return { ...file.defaults, ...entry.options };
}

/** The micro-batches of a case, in order. */
export function microBatches(file: LossFile, entry: LossCase): readonly LossBatch[] {
  const options = optionsOf(file, entry);
  const read = (name: string): Float32Array => file.inputs.readFloat32(`${entry.batch}.${name}`);
  const [allRows = 0, columns = 0] = file.inputs.info(`${entry.batch}.per_token_logps`).shape;
  const isTraining = options['mode'] === 'train';
  const parts = isTraining ? Number(options['steps_per_generation']) : 1;
  const accumulation = isTraining ? Number(options['gradient_accumulation_steps']) : 1;
  const logps = read('per_token_logps');
  const oldLogps = options['old_logps'] === true ? read('old_per_token_logps') : logps;
  const samplingLogps = options['rollout_correction'] === null ? oldLogps : read('sampling_per_token_logps');
  const lengths = entry.mask_row_sums;
  const mask = Float32Array.from({ length: allRows * columns }, (_, i) =>
    i % columns < (lengths[Math.floor(i / columns)] ?? 0) ? 1 : 0,
  );
  const rows = allRows / parts;
  return Array.from({ length: parts }, (_, part) => {
    const cut = (values: Float32Array, width = columns): Float32Array =>
      values.slice(part * rows * width, (part + 1) * rows * width);
    return {
      rows,
      columns,
      logps: cut(logps),
      oldLogps: cut(oldLogps),
      referenceLogps: cut(read('ref_per_token_logps')),
      samplingLogps: cut(samplingLogps),
      entropies: cut(read('entropies')),
      mask: cut(mask),
      advantages: cut(read('advantages'), 1),
      counts: {
        rows,
        localTokens: cut(mask).reduce((sum, value) => sum + value, 0),
        globalTokens: entry.num_items_in_batch,
        stepRows: rows * accumulation,
        stepsPerGeneration: parts / accumulation,
        accumulation,
        maxCompletionTokens: Number(options['max_completion_length']),
      },
    };
  });
}
