import { readFileSync, readdirSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { baseLayers, weightInputs, weightPrefix } from '../../core/model/baseLayers.ts';
import { loadCheckpoint } from '../../core/model/checkpoint.ts';
import { runDecoder } from '../../core/model/decoder.ts';
import { decoderParameters } from '../../core/model/decoderParameters.ts';
import { packedInputs } from '../../core/model/packedInputs.ts';
import { packSequences, type SequenceBatch } from '../../core/model/packing.ts';
import { predictCompletions } from '../../core/model/predict.ts';
import { rotaryValues } from '../../core/model/rotaryTable.ts';
import { parseSafetensors } from '../../core/model/safetensors.ts';
import { compile } from '../../core/tensor/compile.ts';
import { tf } from '../../core/tensor/tf.ts';
import { goldenPath, hasGolden } from '../goldenFolder.ts';
import { expectClose } from '../closeness.ts';

const names = hasGolden('transformers', 'models') ? readdirSync(goldenPath('transformers', 'models')) : [];

describe('transformers/models', () => {
  if (names.length === 0) it.skip('no transformers models in the golden folder');
  for (const name of names) {
    it(`${name}: logits, log-probabilities, entropies, gradients`, async () => {
      await checkModel(name);
    });
  }
});

async function checkModel(name: string): Promise<void> {
  const { config, weights } = await loadCheckpoint(goldenPath('transformers', 'models', name));
  const golden = parseSafetensors(readFileSync(goldenPath('transformers', `${name}.safetensors`)));
  const ids = golden.read('input_ids');
  const mask = golden.read('attention_mask');
  const [rows = 0, width = 0] = golden.info('input_ids').shape;
  const real = (row: number): number[] =>
    Array.from({ length: width }, (_, t) => row * width + t).filter((at) => Number(mask[at]) === 1);
  const feeds = Object.fromEntries([...weights].map(([key, { data }]) => [weightPrefix + key, data]));
  const rotary = rotaryValues(config, width);
  const table = { cos: rotary.cos, sin: rotary.sin };
  const half = config.headDim / 2;
  const tableInputs = {
    cos: { shape: [width, half], dtype: 'float32' },
    sin: { shape: [width, half], dtype: 'float32' },
  } as const;
  const parameters = decoderParameters(config).map((parameter) => parameter.name);

  // Logits and the gradient of the mean cross-entropy, with whole rows as prompts.
  const whole: SequenceBatch = {
    prompts: Array.from({ length: rows }, (_, row) => real(row).map((at) => Number(ids[at]))),
    completions: [],
  };
  const packed = packSequences(whole, config);
  const inputs = {
    ...weightInputs(config),
    ...tableInputs,
    ...packedInputs(config, false),
    labels: { shape: ['tokens'], dtype: 'int32' },
    labelWeights: { shape: ['tokens'], dtype: 'float32' },
  } as const;
  const labels = golden.read('labels');
  const places = Array.from({ length: rows }, (_, row) => real(row)).flat();
  // The label of the next position belongs to this token; across a row's end there is none.
  const next = Array.from({ length: rows }, (_, row) =>
    real(row).map((_at, i, all) => (i + 1 < all.length ? Number(labels[all[i + 1] ?? 0]) : -100)),
  ).flat();
  const count = next.filter((label) => label !== -100).length;
  const graph = await compile(inputs, (tensors) => {
    const names2 = parameters.map((parameter) => weightPrefix + parameter);
    let logits: tf.Tensor | undefined;
    const loss = (...values: tf.Tensor[]): tf.Scalar => {
      const own = new Map(names2.map((key, i) => [key, values[i]]));
      const layers = baseLayers(config, (key) => own.get(weightPrefix + key) as tf.Tensor);
      const { hidden } = runDecoder(config, layers, tensors, {
        cos: tensors['cos'] as tf.Tensor2D,
        sin: tensors['sin'] as tf.Tensor2D,
      });
      logits = tf.keep(layers.logits(hidden));
      const logProbs = tf.logSoftmax(logits as tf.Tensor2D);
      const hit = tf.oneHot(tensors['labels'] as tf.Tensor1D, config.vocabularySize);
      return tf.neg(tf.sum(tf.mul(tf.sum(tf.mul(logProbs, hit), 1), tensors['labelWeights'] as tf.Tensor)));
    };
    const { value, grads } = tf.valueAndGrads(loss)(names2.map((key) => tensors[key] as tf.Tensor));
    return {
      logits: logits as tf.Tensor,
      loss: value,
      ...Object.fromEntries(grads.map((grad, i) => [`grad.${parameters[i]}`, grad])),
    };
  });
  const out = await graph.run(
    {
      ...feeds,
      ...table,
      ...packed.feeds,
      labels: Int32Array.from(next, (label) => Math.max(label, 0)),
      labelWeights: Float32Array.from(next, (label) => (label === -100 ? 0 : 1 / count)),
    },
    packed.sizes,
  );
  await graph.release();
  const expectedLogits = golden.readFloat32('logits');
  const v = config.vocabularySize;
  const picked = Float32Array.from(
    { length: places.length * v },
    (_, i) => expectedLogits[(places[Math.floor(i / v)] ?? 0) * v + (i % v)] ?? NaN,
  );
  expectClose(out['logits']?.data, picked, 1e-4, `${name} logits`);
  for (const key of golden.names.filter((entry) => entry.startsWith('grad.'))) {
    expectClose(out[key]?.data, golden.readFloat32(key), 1e-4, `${name} ${key}`);
  }

  // Completions with their prompt apart.
  const completionMask = golden.read('completion_mask');
  const [, columns = 0] = golden.info('completion_mask').shape;
  const split = Array.from({ length: rows }, (_, row) => {
    const own = real(row);
    const own2 = Array.from({ length: columns }, (_v, c) => c).filter(
      (c) => Number(completionMask[row * columns + c]) === 1,
    );
    const completion = new Set(own2.map((c) => row * width + width - columns + c));
    return {
      prompt: own.filter((at) => !completion.has(at)),
      completion: own.filter((at) => completion.has(at)),
      columns: own2,
    };
  });
  const usable = split.filter(({ prompt, completion }) => prompt.length > 0 && completion.length > 0);
  const rowOf = new Map(split.map((part, row) => [part, row]));
  const batch: SequenceBatch = {
    prompts: usable.map(({ prompt }) => prompt.map((at) => Number(ids[at]))),
    completions: usable.map(({ completion }, prompt) => ({ prompt, ids: completion.map((at) => Number(ids[at])) })),
  };
  const packedPair = packSequences(batch, config);
  const scorer = await compile(
    {
      ...weightInputs(config),
      ...tableInputs,
      ...packedInputs(config, true),
      inverseTemperature: { shape: [], dtype: 'float32' },
    },
    (tensors) => {
      const layers = baseLayers(config, (key) => tensors[weightPrefix + key] as tf.Tensor);
      const { hidden } = runDecoder(config, layers, tensors, {
        cos: tensors['cos'] as tf.Tensor2D,
        sin: tensors['sin'] as tf.Tensor2D,
      });
      const { logps, entropies } = predictCompletions(
        layers,
        hidden,
        tensors,
        tensors['inverseTemperature'] as tf.Scalar,
      );
      return { logps, entropies };
    },
  );
  for (const key of golden.names.filter((entry) => entry.startsWith('completion_logps.t'))) {
    const temperature = Number(key.replace('completion_logps.t', ''));
    const scored = await scorer.run(
      { ...feeds, ...table, ...packedPair.feeds, inverseTemperature: Float32Array.of(1 / temperature) },
      packedPair.sizes,
    );
    for (const [field, output] of [
      ['completion_logps', 'logps'],
      ['completion_entropy', 'entropies'],
    ] as const) {
      const values = golden.readFloat32(`${field}.t${key.replace('completion_logps.t', '')}`);
      const expected = usable.flatMap((part) =>
        part.columns.map((c) => values[(rowOf.get(part) ?? 0) * columns + c] ?? NaN),
      );
      expectClose(scored[output]?.data, expected, 1e-4, `${name} ${field} at ${temperature}`);
    }
  }
  expect(usable.length).toBeGreaterThan(0);
  await scorer.release();
}
afterAll(() => undefined);
