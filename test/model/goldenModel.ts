import { readFileSync, readdirSync } from 'node:fs';
import { weightPrefix } from '../../core/model/baseLayers.ts';
import { loadCheckpoint } from '../../core/model/checkpoint.ts';
import type { DecoderConfig } from '../../core/model/modelConfig.ts';
import { rotaryValues } from '../../core/model/rotaryTable.ts';
import type { SafetensorsFile } from '../../core/model/safetensors.ts';
import { parseSafetensors } from '../../core/model/safetensors.ts';
import type { RotaryTable } from '../../core/tensor/ops/rotary.ts';
import type { tf } from '../../core/tensor/tf.ts';
import type { InputSpec } from '../../core/tensor/trace.ts';
import { goldenPath, hasGolden } from '../goldenFolder.ts';

/** Names of the models in the golden folder. */
export const goldenModels: readonly string[] = hasGolden('transformers', 'models')
  ? readdirSync(goldenPath('transformers', 'models')).filter((name) => hasGolden('transformers', `${name}.safetensors`))
  : [];

/** A token of a golden batch: its place in the padded array [rows, width], and its id. */
export interface GoldenToken {
  readonly place: number;
  readonly id: number;
}

/** A golden model with what transformers computes with it. */
export interface GoldenModel {
  readonly config: DecoderConfig;
  readonly expected: SafetensorsFile;
  /** The tokens of each row that the attention mask leaves, padding on either side. */
  readonly rows: readonly (readonly GoldenToken[])[];
  /** Columns of `input_ids`. */
  readonly width: number;
  /** Graph inputs of the rotary table, which `feeds` fill together with the weights. */
  readonly tableInputs: Readonly<Record<'cos' | 'sin', InputSpec>>;
  readonly feeds: Readonly<Record<string, Float32Array>>;
}

/** Loads a golden model. */
export async function loadGoldenModel(name: string): Promise<GoldenModel> {
  const { config, weights } = await loadCheckpoint(goldenPath('transformers', 'models', name));
  const expected = parseSafetensors(readFileSync(goldenPath('transformers', `${name}.safetensors`)));
  const [count = 0, width = 0] = expected.info('input_ids').shape;
  const ids = Array.from(expected.read('input_ids'), Number);
  const mask = Array.from(expected.read('attention_mask'), Number);
  const rows = Array.from({ length: count }, (_, row) =>
    Array.from({ length: width }, (_value, column) => row * width + column)
      .filter((place) => mask[place] === 1)
      .map((place) => ({ place, id: ids[place]! })),
  );
  const { cos, sin } = rotaryValues(config, width);
  const table: InputSpec = { shape: [width, config.headDim / 2], dtype: 'float32' };
  const weightFeeds = Object.fromEntries([...weights].map(([key, { data }]) => [weightPrefix + key, data]));
  return {
    config,
    expected,
    rows,
    width,
    tableInputs: { cos: table, sin: table },
    feeds: { ...weightFeeds, cos, sin },
  };
}

/** The rotary table among a graph's inputs. */
export function tableOf(tensors: Readonly<Record<string, tf.Tensor>>): RotaryTable {
  return { cos: tensors['cos'] as tf.Tensor2D, sin: tensors['sin'] as tf.Tensor2D };
}
