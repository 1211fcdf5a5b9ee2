import path from 'node:path';
import { createCatalog } from '../../core/container.ts';
import { chosenPlugin } from '../../core/experiment/pluginChoices.ts';
import { baseLayers, weightInputs, weightPrefix } from '../../core/model/baseLayers.ts';
import type { Checkpoint } from '../../core/model/checkpoint.ts';
import { loadCheckpoint } from '../../core/model/checkpoint.ts';
import type { DecoderLayers, PackedTensors } from '../../core/model/decoder.ts';
import { runDecoder } from '../../core/model/decoder.ts';
import type { DecoderConfig } from '../../core/model/modelConfig.ts';
import { packedInputs } from '../../core/model/packedInputs.ts';
import { packSequences } from '../../core/model/packing.ts';
import { rotaryValues } from '../../core/model/rotaryTable.ts';
import { newestCheckpoint } from '../../core/runs/checkpointFolder.ts';
import { runFile } from '../../core/runs/runFiles.ts';
import { readRun } from '../../core/runs/runJson.ts';
import type { TensorData } from '../../core/tensor/compile.ts';
import { compile } from '../../core/tensor/compile.ts';
import type { tf } from '../../core/tensor/tf.ts';
import type { InputSpec } from '../../core/tensor/trace.ts';
import type { Policy } from '../../core/training/policy.ts';
import { frozenFeeds, policyInputs, policyPrefixes } from '../../core/training/policy.ts';
import { fedParameters, policyLayers } from '../../core/training/policyLayers.ts';
import { restorePolicy } from '../../core/training/storedPolicy.ts';
import { readTrainingState } from '../../core/training/trainingState.ts';
import { plugins } from '../../plugins/index.ts';

/** Logits of one sequence, row-major [tokens, vocabulary]. */
export interface SequenceLogits {
  readonly shape: readonly [number, number];
  readonly data: Float32Array;
}

type Sequences = readonly (readonly number[])[];

/** The logits of every position of every sequence, by the base model of a folder. */
export async function baseLogits(folder: string, sequences: Sequences): Promise<SequenceLogits[]> {
  const checkpoint = await loadCheckpoint(folder);
  const { config, weights } = checkpoint;
  return logitsOf(checkpoint, sequences, {
    inputs: weightInputs(config),
    feeds: Object.fromEntries([...weights].map(([name, { data }]) => [weightPrefix + name, data])),
    layers: (tensors) => baseLayers(config, (name) => tensors[weightPrefix + name] as tf.Tensor),
  });
}

/** The same by the policy that a run trained, not merged, with the parameters of its newest checkpoint's own state, or of its start. */
export async function runLogits(run: string, sequences: Sequences): Promise<SequenceLogits[]> {
  const { experiment, source } = readRun(run);
  const checkpoint = await loadCheckpoint(path.resolve(source.folder, experiment.model.path));
  const { plugin, config } = chosenPlugin(createCatalog(plugins), 'adapter', experiment.adapter);
  const folder = newestCheckpoint(run)?.folder ?? runFile(run, 'start');
  const { policy, state } = readTrainingState(folder);
  const restored = restorePolicy(checkpoint.config, plugin, config, policy);
  return policyLogits(checkpoint, restored, state.parameters, sequences);
}

function policyLogits(
  checkpoint: Checkpoint,
  policy: Policy,
  parameters: ReadonlyMap<string, Float32Array>,
  sequences: Sequences,
): Promise<SequenceLogits[]> {
  const own = [...parameters].map(([name, values]) => [policyPrefixes.parameter + name, values] as const);
  return logitsOf(checkpoint, sequences, {
    inputs: policyInputs(policy),
    feeds: { ...frozenFeeds(checkpoint, policy), ...Object.fromEntries(own) },
    layers: (tensors) => policyLayers(policy, tensors, fedParameters(tensors)),
  });
}

/** The layers to run and the tensors that they are made of. */
interface Model {
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly feeds: Readonly<Record<string, TensorData>>;
  layers(tensors: PackedTensors): DecoderLayers;
}

async function logitsOf({ config }: Checkpoint, sequences: Sequences, model: Model): Promise<SequenceLogits[]> {
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

function cutRows(data: Float32Array, sequences: Sequences, vocabulary: number): SequenceLogits[] {
  let start = 0;
  return sequences.map((ids) => {
    const end = start + ids.length * vocabulary;
    const rows = data.slice(start, end);
    start = end;
    return { shape: [ids.length, vocabulary], data: rows };
  });
}
