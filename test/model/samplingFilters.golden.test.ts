import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openSafetensors } from '../../core/model/safetensors.ts';
import { filteredProbabilities } from '../../core/model/samplingFilters.ts';
import { goldenPath, hasGolden } from '../goldenFolder.ts';

interface SamplingCase {
  readonly options: {
    readonly temperature?: number;
    readonly top_k?: number;
    readonly top_p?: number;
    readonly min_p?: number;
    readonly repetition_penalty?: number;
  };
  readonly kept: readonly number[];
}

describe('transformers/sampling', () => {
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
  const logits = tensors.readFloat32('logits');
  const ids = tensors.read('input_ids');

  it.each(cases.map((entry, index) => ({ ...entry, index })))('case $index: $options', ({ options, kept, index }) => {
    const expected = tensors.readFloat32(`case${index}.probs`);
    const { temperature = 1, top_k = 0, top_p = 1, min_p = 0, repetition_penalty = 1 } = options;
    const filters = { temperature, topK: top_k, topP: top_p, minP: min_p, repetitionPenalty: repetition_penalty };
    for (let row = 0; row < rows; row += 1) {
      const seen = Array.from(ids.subarray(row * columns, (row + 1) * columns), Number);
      const result = filteredProbabilities(logits.subarray(row * vocabulary, (row + 1) * vocabulary), seen, filters);
      expect(result.kept, `row ${row}`).toBe(kept[row]);
      for (const [token, probability] of result.probabilities.entries()) {
        const wanted = expected[row * vocabulary + token]!;
        expect(probability > 0, `row ${row}, token ${token}`).toBe(wanted > 0);
        expect(Math.abs(probability - wanted), `row ${row}, token ${token}`).toBeLessThanOrEqual(1e-6);
      }
    }
  });
});
