import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openSafetensors } from '../../core/model/safetensors.ts';
import { compile } from '../../core/tensor/compile.ts';
import { tf } from '../../core/tensor/tf.ts';
import { filterLogits, type SamplingOptions } from '../../core/training/sampling.ts';
import { goldenPath, hasGolden } from '../goldenFolder.ts';

interface SamplingCase {
  readonly options: Readonly<
    Partial<Record<'temperature' | 'top_k' | 'top_p' | 'min_p' | 'repetition_penalty', number>>
  >;
  readonly kept: readonly number[];
}

function optionsOf({ options }: SamplingCase): SamplingOptions {
  const { temperature = 1, top_k = 0, top_p = 1, min_p = 0, repetition_penalty = 1 } = options;
  return {
    temperature,
    topK: top_k,
    topP: top_p,
    minP: min_p,
    repetitionPenalty: repetition_penalty,
    greedy: false,
  };
}

describe('transformers/sampling in the graph', () => {
  if (!hasGolden('transformers', 'sampling.json')) {
    it.skip('no transformers/sampling.json in the golden folder');
    return;
  }
  const { cases } = JSON.parse(readFileSync(goldenPath('transformers', 'sampling.json'), 'utf8')) as {
    cases: SamplingCase[];
  };
  const tensors = openSafetensors(goldenPath('transformers', 'sampling.safetensors'));
  const [rows = 0, vocabulary = 0] = tensors.info('logits').shape;
  const columns = tensors.info('input_ids').shape[1] ?? 0;
  const ids = tensors.read('input_ids');
  const seen = new Float32Array(rows * vocabulary);
  ids.forEach((id, i) => {
    seen[Math.floor(i / columns) * vocabulary + Number(id)] = 1;
  });

  it.each(cases.map((entry, index) => ({ entry, index })))('case $index: $entry.options', async ({ entry, index }) => {
    const spec = { shape: ['rows', vocabulary], dtype: 'float32' } as const;
    const graph = await compile({ logits: spec, seen: spec }, (inputs) => {
      const logits = filterLogits(inputs['logits'] as tf.Tensor2D, optionsOf(entry), {
        seen: inputs['seen'] as tf.Tensor2D,
      });
      return { probabilities: tf.softmax(logits), unused: tf.sum(inputs['seen'] as tf.Tensor) };
    });
    const { probabilities } = await graph.run({ logits: tensors.readFloat32('logits'), seen }, { rows });
    await graph.release();
    const actual = probabilities!.data as Float32Array;
    const expected = tensors.readFloat32(`case${index}.probs`);
    expect(actual).toHaveLength(expected.length);
    for (const [place, wanted] of expected.entries()) {
      expect(actual[place]! > 0, `place ${place}`).toBe(wanted > 0);
      expect(Math.abs(actual[place]! - wanted), `place ${place}`).toBeLessThanOrEqual(1e-6);
    }
    for (let row = 0; row < rows; row++) {
      const kept = actual.subarray(row * vocabulary, (row + 1) * vocabulary).filter((value) => value > 0).length;
      expect(kept, `row ${row}`).toBe(entry.kept[row]);
    }
  });
});
