import { describe, expect, it } from 'vitest';
import { baseLayers, weightInputs, weightPrefix } from '../../core/model/baseLayers.ts';
import type { PackedTensors } from '../../core/model/decoder.ts';
import { runDecoder } from '../../core/model/decoder.ts';
import { decoderParameters } from '../../core/model/decoderParameters.ts';
import type { DecoderConfig } from '../../core/model/modelConfig.ts';
import { packedInputs } from '../../core/model/packedInputs.ts';
import { packSequences } from '../../core/model/packing.ts';
import type { TensorData } from '../../core/tensor/compile.ts';
import { compile } from '../../core/tensor/compile.ts';
import { tf } from '../../core/tensor/tf.ts';
import { expectClose } from '../closeness.ts';
import type { GoldenModel } from './goldenModel.ts';
import { goldenModels, loadGoldenModel, tableOf } from './goldenModel.ts';

const tolerance = 1e-4;
/** The label of a token that counts for nothing. */
const ignored = -100;

/** Logits, and the loss and its gradients by the names of the weights, of whole rows without completions. */
async function runWhole(model: GoldenModel): Promise<Readonly<Record<string, TensorData | undefined>>> {
  const { config, rows } = model;
  const packed = packSequences({ prompts: rows.map((row) => row.map(({ id }) => id)), completions: [] }, config);
  const inputs = {
    ...weightInputs(config),
    ...model.tableInputs,
    ...packedInputs(config, false),
    labels: { shape: ['tokens'], dtype: 'int32' },
    labelWeights: { shape: ['tokens'], dtype: 'float32' },
  } as const;
  const graph = await compile(inputs, (tensors) => lossAndGradients(config, tensors));
  const outputs = await graph.run({ ...model.feeds, ...packed.feeds, ...labelFeeds(model) }, packed.sizes);
  await graph.release();
  return Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, output.data]));
}

function lossAndGradients(config: DecoderConfig, tensors: PackedTensors): Record<string, tf.Tensor> {
  const names = decoderParameters(config).map(({ name }) => name);
  let logits: tf.Tensor | undefined;
  const loss = (...values: tf.Tensor[]): tf.Scalar => {
    const weights = new Map(names.map((name, i) => [name, values[i]]));
    const layers = baseLayers(config, (name) => weights.get(name) as tf.Tensor);
    const scores = layers.logits(runDecoder(config, layers, tensors, tableOf(tensors)).hidden);
    logits = tf.keep(scores);
    const chosen = tf.oneHot(tensors['labels'] as tf.Tensor1D, config.vocabularySize);
    const logps = tf.sum(tf.mul(tf.logSoftmax(scores), chosen), 1);
    return tf.neg(tf.sum(tf.mul(logps, tensors['labelWeights'] as tf.Tensor)));
  };
  const { grads } = tf.valueAndGrads(loss)(names.map((name) => tensors[weightPrefix + name] as tf.Tensor));
  return {
    logits: logits as tf.Tensor,
    ...Object.fromEntries(grads.map((gradient, i) => [`grad.${names[i]}`, gradient])),
  };
}

/** What each token is to predict: the label of the next one in its row, weighted so that the loss is a mean. */
function labelFeeds({ expected, rows }: GoldenModel): Readonly<Record<string, TensorData>> {
  const labels = Array.from(expected.read('labels'), Number);
  const wanted = rows.flatMap((row) => row.map((_, i) => labels[row[i + 1]?.place ?? -1] ?? ignored));
  const count = wanted.filter((label) => label !== ignored).length;
  return {
    labels: Int32Array.from(wanted, (label) => Math.max(label, 0)),
    labelWeights: Float32Array.from(wanted, (label) => (label === ignored ? 0 : 1 / count)),
  };
}

describe('transformers/models', () => {
  if (goldenModels.length === 0) it.skip('no transformers models in the golden folder');
  it.each(goldenModels)('%s: logits and gradients', async (name) => {
    const model = await loadGoldenModel(name);
    const { expected, rows, config } = model;
    const outputs = await runWhole(model);

    const logits = expected.readFloat32('logits');
    const size = config.vocabularySize;
    const wanted = rows.flat().flatMap(({ place }) => Array.from(logits.subarray(place * size, (place + 1) * size)));
    expectClose(outputs['logits'], wanted, tolerance, `${name} logits`);

    const gradients = expected.names.filter((key) => key.startsWith('grad.'));
    expect(gradients.length).toBeGreaterThan(0);
    for (const key of gradients) {
      expectClose(outputs[key], expected.readFloat32(key), tolerance, `${name} ${key}`);
    }
  });
});
