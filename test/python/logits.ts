import { baseLayers, weightInputs, weightPrefix } from '../../core/model/baseLayers.ts';
import type { Checkpoint } from '../../core/model/checkpoint.ts';
import { loadCheckpoint } from '../../core/model/checkpoint.ts';
import type { DecoderLayers, PackedTensors } from '../../core/model/decoder.ts';
import { runDecoder } from '../../core/model/decoder.ts';
import type { DecoderConfig } from '../../core/model/modelConfig.ts';
import { packedInputs } from '../../core/model/packedInputs.ts';
import { packSequences } from '../../core/model/packing.ts';
import { rotaryValues } from '../../core/model/rotaryTable.ts';
import type { TensorData } from '../../core/tensor/compile.ts';
import { compile } from '../../core/tensor/compile.ts';
import type { tf } from '../../core/tensor/tf.ts';
import type { InputSpec } from '../../core/tensor/trace.ts';

/** Logits of one sequence, row-major [tokens, vocabulary]. */
export interface SequenceLogits {
  readonly shape: readonly [number, number];
  readonly data: Float32Array;
}

/** The logits of every position of every sequence, by the base model of a folder. */
export async function baseLogits(folder: string, sequences: readonly (readonly number[])[]): Promise<SequenceLogits[]> {
  const checkpoint = await loadCheckpoint(folder);
  const { config, weights } = checkpoint;
  return logitsOf(checkpoint, sequences, {
    inputs: weightInputs(config),
    feeds: Object.fromEntries([...weights].map(([name, { data }]) => [weightPrefix + name, data])),
    layers: (tensors) => baseLayers(config, (name) => tensors[weightPrefix + name] as tf.Tensor),
  });
}

/** The layers to run and the tensors that they are made of. */
interface Model {
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly feeds: Readonly<Record<string, TensorData>>;
  layers(tensors: PackedTensors): DecoderLayers;
}

async function logitsOf(
  { config }: Checkpoint,
  sequences: readonly (readonly number[])[],
  model: Model,
): Promise<SequenceLogits[]> {
  const width = Math.max(...sequences.map((ids) => ids.length));
  const { cos, sin } = rotaryValues(config, width);
  const packed = packSequences({ prompts: sequences, completions: [] }, config);
  const graph = await compile(
    { ...model.inputs, ...packedInputs(config, false), ...rotaryInputs(config, width) },
    (tensors) => {
      const layers = model.layers(tensors);
      const table = { cos: tensors['cos'] as tf.Tensor2D, sin: tensors['sin'] as tf.Tensor2D };
      return { logits: layers.logits(runDecoder(config, layers, tensors, table).hidden) };
    },
  );
  const { logits } = await graph.run({ ...model.feeds, ...packed.feeds, cos, sin }, packed.sizes);
  await graph.release();
  return cutRows(logits?.data as Float32Array, sequences, config.vocabularySize);
}

function rotaryInputs({ headDim }: DecoderConfig, width: number): Readonly<Record<string, InputSpec>> {
  const table: InputSpec = { shape: [width, headDim / 2], dtype: 'float32' };
  return { cos: table, sin: table };
}

function cutRows(data: Float32Array, sequences: readonly (readonly number[])[], vocabulary: number): SequenceLogits[] {
  let start = 0;
  return sequences.map((ids) => {
    const end = start + ids.length * vocabulary;
    const rows = data.slice(start, end);
    start = end;
    return { shape: [ids.length, vocabulary], data: rows };
  });
}
