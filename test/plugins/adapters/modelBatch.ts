import { runDecoder } from '../../../core/model/decoder.ts';
import type { DecoderLayers } from '../../../core/model/decoder.ts';
import type { DecoderConfig } from '../../../core/model/modelConfig.ts';
import { packedInputs } from '../../../core/model/packedInputs.ts';
import { packSequences } from '../../../core/model/packing.ts';
import { rotaryValues } from '../../../core/model/rotaryTable.ts';
import type { SafetensorsFile } from '../../../core/model/safetensors.ts';
import { tokenLogProbs } from '../../../core/tensor/ops/tokenLogProbs.ts';
import { tf } from '../../../core/tensor/tf.ts';
import type { InputSpec } from '../../../core/tensor/trace.ts';
import { paddedLogits } from './paddedRow.ts';

type Tensors = Readonly<Record<string, tf.Tensor>>;

/** A batch of `models/CASE/expected.safetensors` for a graph. */
export interface ModelBatch {
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly feeds: Readonly<Record<string, Int32Array | Float32Array>>;
  readonly sizes: Readonly<Record<string, number>>;
  /** Places of the tokens that count, in the order of the graph's logits, in the padded array [rows, width]. */
  readonly places: readonly number[];
  /** Logits of the tokens that count, and the mean cross-entropy of the labels. */
  evaluate(layers: DecoderLayers, tensors: Tensors): { readonly logits: tf.Tensor2D; readonly loss: tf.Scalar };
}

/** A row that has labels behind padding, with the places that predict them. */
interface PaddedRowFeeds {
  readonly feeds: Readonly<Record<string, Int32Array | Float32Array>>;
  readonly predictors: number;
}

function numbersOf(file: SafetensorsFile, name: string): number[] {
  return Array.from(file.read(name), Number);
}

/** Reads a batch: the product's decoder computes what the mask leaves, a decoder of the test what padding adds to PEFT's loss. */
export function readModelBatch(file: SafetensorsFile, config: DecoderConfig): ModelBatch {
  const [rows = 0, width = 0] = file.info('input_ids').shape;
  const [ids, mask, labels] = ['input_ids', 'attention_mask', 'labels'].map((name) => numbersOf(file, name)) as [
    number[],
    number[],
    number[],
  ];
  const columns = Array.from({ length: width }, (_, column) => column);
  const tokens = Array.from({ length: rows }, (_, row) =>
    columns.map((column) => row * width + column).filter((place) => mask[place] === 1),
  );
  /** What a place has to predict; undefined at the end of a row and where there is no label. */
  const target = (place: number): number | undefined => {
    const label = place % width === width - 1 ? -1 : labels[place + 1]!;
    return label < 0 ? undefined : label;
  };
  const places = tokens.flat();
  const padded = Array.from({ length: rows }, (_, row) => paddedRow(row)).filter((row) => row !== undefined);
  const count =
    places.filter((place) => target(place) !== undefined).length +
    padded.reduce((sum, { predictors }) => sum + predictors, 0);
  if (count === 0) throw new TypeError('no label counts');

  function paddedRow(row: number): PaddedRowFeeds | undefined {
    const predictors = columns.filter(
      (column) => mask[row * width + column] === 0 && target(row * width + column) !== undefined,
    );
    if (predictors.length === 0) return undefined;
    const seen = columns.flatMap((query) =>
      columns.map((key) => Number(key <= query && mask[row * width + key] === 1)),
    );
    const picked = predictors.flatMap((at) => columns.map((column) => Number(column === at)));
    return {
      predictors: predictors.length,
      feeds: {
        [`row ${row} ids`]: Int32Array.from(ids.slice(row * width, (row + 1) * width)),
        [`row ${row} seen`]: Float32Array.from(seen),
        [`row ${row} picked`]: Float32Array.from(picked),
        [`row ${row} targets`]: Int32Array.from(predictors, (at) => target(row * width + at)!),
      },
    };
  }

  const packed = packSequences(
    { prompts: tokens.map((own) => own.map((place) => ids[place]!)), completions: [] },
    config,
  );
  const { cos, sin } = rotaryValues(config, width);
  const paddedFeeds = Object.assign({}, ...padded.map(({ feeds }) => feeds)) as PaddedRowFeeds['feeds'];
  const table: InputSpec = { shape: [width, config.headDim / 2], dtype: 'float32' };
  const paddedInputs = Object.entries(paddedFeeds).map(([name, values]): [string, InputSpec] => {
    const shape = values instanceof Float32Array ? [values.length / width, width] : [values.length];
    return [name, { shape, dtype: values instanceof Float32Array ? 'float32' : 'int32' }];
  });
  return {
    inputs: {
      ...packedInputs(config, false),
      cos: table,
      sin: table,
      targets: { shape: ['tokens'], dtype: 'int32' },
      counts: { shape: ['tokens'], dtype: 'float32' },
      columns: { shape: [width], dtype: 'int32' },
      ...Object.fromEntries(paddedInputs),
    },
    feeds: {
      ...packed.feeds,
      ...paddedFeeds,
      cos,
      sin,
      targets: Int32Array.from(places, (place) => target(place) ?? 0),
      counts: Float32Array.from(places, (place) => Number(target(place) !== undefined)),
      columns: Int32Array.from(columns),
    },
    sizes: packed.sizes,
    places,
    evaluate(layers, tensors) {
      const rotation = { cos: tensors['cos'] as tf.Tensor2D, sin: tensors['sin'] as tf.Tensor2D };
      const { hidden } = runDecoder(config, layers, tensors, rotation);
      const logits = layers.logits(hidden);
      const own = tf.sum<tf.Scalar>(
        tf.mul(tokenLogProbs(logits, tensors['targets'] as tf.Tensor1D), tensors['counts']!),
      );
      const rest = Object.keys(paddedFeeds).flatMap((name) =>
        name.endsWith(' ids') ? [name.slice(0, -' ids'.length)] : [],
      );
      const behind = rest.map((row): tf.Scalar => {
        const all = paddedLogits(
          config,
          layers,
          {
            ids: tensors[`${row} ids`] as tf.Tensor1D,
            positions: tensors['columns'] as tf.Tensor1D,
            seen: tensors[`${row} seen`] as tf.Tensor2D,
          },
          rotation,
        );
        const chosen: tf.Tensor2D = tf.matMul(tensors[`${row} picked`] as tf.Tensor2D, all);
        return tf.sum(tokenLogProbs(chosen, tensors[`${row} targets`] as tf.Tensor1D));
      });
      return { logits, loss: tf.mul(tf.addN([own, ...behind]), -1 / count) };
    },
  };
}
