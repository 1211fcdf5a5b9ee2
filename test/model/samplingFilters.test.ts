import { describe, expect, it } from 'vitest';
import type { SamplingFilters } from '../../core/model/samplingFilters.ts';
import { filteredProbabilities } from '../../core/model/samplingFilters.ts';

/** Indices of the tokens that survive. */
function survivors(logits: readonly number[], filters: SamplingFilters, ids: readonly number[] = []): number[] {
  const { probabilities, kept } = filteredProbabilities(logits, ids, filters);
  const found = [...probabilities.keys()].filter((token) => probabilities[token]! > 0);
  expect(kept).toBe(found.length);
  expect(probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  return found;
}

describe('filteredProbabilities', () => {
  const logits = [0, 3, 1, 2];

  it('without filters is the softmax', () => {
    const { probabilities, kept } = filteredProbabilities([0, Math.log(3)], [], {});
    expect(kept).toBe(2);
    expect(probabilities[0]).toBeCloseTo(0.25, 7);
    expect(probabilities[1]).toBeCloseTo(0.75, 7);
  });

  it('divides by the temperature', () => {
    const { probabilities } = filteredProbabilities([0, Math.log(3)], [], { temperature: 0.5 });
    expect(probabilities[1]).toBeCloseTo(0.9, 7);
  });

  it('keeps the k most likely, ties included, and all where there are fewer', () => {
    expect(survivors(logits, { topK: 2 })).toEqual([1, 3]);
    expect(survivors([1, 1, 0], { topK: 1 })).toEqual([0, 1]);
    expect(survivors(logits, { topK: 9 })).toEqual([0, 1, 2, 3]);
    expect(survivors(logits, { topK: 0 })).toEqual([0, 1, 2, 3]);
  });

  it('keeps the smallest set that reaches p, and always one token', () => {
    const thirds = [Math.log(0.5), Math.log(0.3), Math.log(0.2)];
    expect(survivors(thirds, { topP: 0.45 })).toEqual([0]);
    expect(survivors(thirds, { topP: 0.55 })).toEqual([0, 1]);
    expect(survivors(thirds, { topP: 0.85 })).toEqual([0, 1, 2]);
    expect(survivors(thirds, { topP: 0 })).toEqual([0]);
    expect(survivors(thirds, { topP: 1 })).toEqual([0, 1, 2]);
  });

  it('keeps what is likely enough next to the most likely', () => {
    const thirds = [Math.log(0.5), Math.log(0.3), Math.log(0.2)];
    expect(survivors(thirds, { minP: 0.5 })).toEqual([0, 1]);
    expect(survivors(thirds, { minP: 1 })).toEqual([0]);
  });

  it('penalises each seen token once, whatever its sign', () => {
    const { probabilities } = filteredProbabilities([2, -2, 0], [0, 0, 1, 99], { repetitionPenalty: 2 });
    const weights = [Math.exp(1), Math.exp(-4), 1];
    const total = weights.reduce((a, b) => a + b, 0);
    for (const [i, weight] of weights.entries()) expect(probabilities[i]).toBeCloseTo(weight / total, 12);
  });

  it('applies top-k before top-p', () => {
    const flat = [Math.log(0.3), Math.log(0.3), Math.log(0.2), Math.log(0.2)];
    expect(survivors(flat, { topK: 2, topP: 0.6 })).toEqual([0, 1]);
    expect(survivors([Math.log(0.4), Math.log(0.3), Math.log(0.3)], { topK: 1, topP: 0.6 })).toEqual([0]);
  });

  it('takes vocabularies larger than an argument list', () => {
    const many = Array.from({ length: 300_000 }, (_, i) => i % 7);
    expect(filteredProbabilities(many, [], { topK: 5, topP: 0.9, minP: 0.1 }).kept).toBeGreaterThan(0);
  });
});
