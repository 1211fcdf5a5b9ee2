import { describe, expect, it } from 'vitest';
import { baseLayers, weightInputs, weightPrefix } from '../../core/model/baseLayers.ts';
import { runDecoder } from '../../core/model/decoder.ts';
import { packedInputs } from '../../core/model/packedInputs.ts';
import type { PackedBatch } from '../../core/model/packing.ts';
import { packSequences } from '../../core/model/packing.ts';
import { predictCompletions } from '../../core/model/predict.ts';
import type { CompiledGraph } from '../../core/tensor/compile.ts';
import { compile } from '../../core/tensor/compile.ts';
import type { tf } from '../../core/tensor/tf.ts';
import { expectClose } from '../closeness.ts';
import type { GoldenModel } from './goldenModel.ts';
import { goldenModels, loadGoldenModel, tableOf } from './goldenModel.ts';

/** A row cut into what was given and what followed. */
interface SplitRow {
  readonly prompt: readonly number[];
  readonly completion: readonly number[];
  /** Places of the completion's tokens in the expected arrays [rows, completion columns]. */
  readonly places: readonly number[];
}

const logpsPrefix = 'completion_logps.t';

/** Rows with a prompt and a completion. The completion columns are the last ones of the padded array. */
function splitRows({ expected, rows, width }: GoldenModel): readonly SplitRow[] {
  const mask = Array.from(expected.read('completion_mask'), Number);
  const [, columns = 0] = expected.info('completion_mask').shape;
  const split = rows.map((tokens, row): SplitRow => {
    const columnOf = (place: number): number => (place % width) - (width - columns);
    const isCompletion = (place: number): boolean =>
      columnOf(place) >= 0 && mask[row * columns + columnOf(place)] === 1;
    const completion = tokens.filter(({ place }) => isCompletion(place));
    return {
      prompt: tokens.filter(({ place }) => !isCompletion(place)).map(({ id }) => id),
      completion: completion.map(({ id }) => id),
      places: completion.map(({ place }) => row * columns + columnOf(place)),
    };
  });
  return split.filter(({ prompt, completion }) => prompt.length > 0 && completion.length > 0);
}

function packSplit(rows: readonly SplitRow[], { config }: GoldenModel): PackedBatch {
  const prompts = rows.map(({ prompt }) => prompt);
  return packSequences(
    { prompts, completions: rows.map(({ completion }, prompt) => ({ prompt, ids: completion })) },
    config,
  );
}

function compileScorer({ config, tableInputs }: GoldenModel): Promise<CompiledGraph> {
  const inputs = {
    ...weightInputs(config),
    ...tableInputs,
    ...packedInputs(config, true),
    inverseTemperature: { shape: [], dtype: 'float32' },
  } as const;
  return compile(inputs, (tensors) => {
    const layers = baseLayers(config, (name) => tensors[weightPrefix + name] as tf.Tensor);
    const { hidden } = runDecoder(config, layers, tensors, tableOf(tensors));
    return { ...predictCompletions(layers, hidden, tensors, tensors['inverseTemperature'] as tf.Scalar) };
  });
}

describe('transformers/models', () => {
  if (goldenModels.length === 0) it.skip('no transformers models in the golden folder');
  it.each(goldenModels)('%s: log-probabilities and entropies of completions', async (name) => {
    const model = await loadGoldenModel(name);
    const { expected, feeds } = model;
    const rows = splitRows(model);
    expect(rows.length).toBeGreaterThan(0);
    const packed = packSplit(rows, model);
    const scorer = await compileScorer(model);
    const temperatures = expected.names
      .filter((key) => key.startsWith(logpsPrefix))
      .map((key) => key.slice(logpsPrefix.length));
    expect(temperatures.length).toBeGreaterThan(0);
    for (const temperature of temperatures) {
      const inverseTemperature = Float32Array.of(1 / Number(temperature));
      const scored = await scorer.run({ ...feeds, ...packed.feeds, inverseTemperature }, packed.sizes);
      const check = (key: string, output: string): void => {
        const values = expected.readFloat32(key);
        const wanted = rows.flatMap(({ places }) => places.map((place) => values[place]!));
        expectClose(scored[output]?.data, wanted, 1e-4, `${name} ${key}`);
      };
      check(logpsPrefix + temperature, 'logps');
      check(`completion_entropy.t${temperature}`, 'entropies');
    }
    await scorer.release();
  });
});
