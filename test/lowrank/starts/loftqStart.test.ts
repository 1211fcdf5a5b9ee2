import { describe, expect, it } from 'vitest';
import { quantised } from '../../../core/lowrank/starts/quantise.ts';
import { matrix, frobeniusNorm } from '../../../core/linalg/matrix.ts';
import { singularValues } from '../../../core/linalg/svd.ts';
import { randomStream } from '../../../core/tensor/random.ts';
import { expectClose } from '../../closeness.ts';
import { productOf, startBench } from './startBench.ts';

const values = Float64Array.from(randomStream(2).normals(4 * 40));

describe('quantised', () => {
  it.each([
    [2, 64, 4],
    [4, 64, 16],
    [8, 40, 255],
  ] as const)('with %i bits keeps the largest of each run of %i and has at most %i values in it', (bits, run, most) => {
    const rounded = quantised(values, 40, bits);
    for (let from = 0; from < values.length; from += run) {
      const [before, after] = [values.subarray(from, from + run), rounded.subarray(from, from + run)];
      const largest = before.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
      // Two-bit normal float has no second level below zero, but both ends are there.
      // Eight bits are those of a weight that was rounded to float16.
      expect(after[before.indexOf(largest)]).toBeCloseTo(largest, bits === 8 ? 2 : 12);
      expect(new Set(after).size).toBeLessThanOrEqual(most);
    }
  });

  it('rounds to the nearest level', () => {
    expect([...quantised(Float64Array.of(-2, 0.31, 0.33, 2), 4, 2)]).toEqual([-2, 0, 0, 2]);
    expect([...quantised(Float64Array.of(127, 1.4, -1.6, 0), 4, 8)]).toEqual([127, 1, -2, 0]);
    const [small] = quantised(Float64Array.of(0.09, 1), 2, 4);
    expect(small).toBeCloseTo(0.0795803, 6);
  });

  it('leaves zeros', () => expect(quantised(new Float64Array(5), 5, 4)).toEqual(new Float64Array(5)));
});

describe('LoftQ', () => {
  const { weight, shape, start } = startBench(24, 16);
  const errorOf = (bits: 2 | 4 | 8, iterations: number, scaling = 2): number => {
    const factors = start('loftq', 3, { scaling, loftq_config: { loftq_bits: bits, loftq_iter: iterations } });
    const product = productOf(factors, shape, scaling).data;
    return frobeniusNorm(
      matrix(
        24,
        16,
        weight.data.map((value, i) => value - factors.frozen![i]! - product[i]!),
      ),
    );
  };

  it('approximates what quantisation loses as well as its rank can, whatever the scaling', () => {
    const rounded = quantised(weight.data, 16, 4);
    const lost = singularValues(
      matrix(
        24,
        16,
        weight.data.map((value, i) => value - rounded[i]!),
      ),
    );
    const best = Math.sqrt(lost.slice(3).reduce((sum, value) => sum + value * value, 0));
    expect(errorOf(4, 1)).toBeCloseTo(best, 5);
    expect(errorOf(4, 1, 0.25)).toBeCloseTo(best, 5);
    expectClose(start('loftq', 3).frozen, rounded, 1e-6, 'frozen weight');
  });

  it('gets nearer with more iterations and more bits', () => {
    expect(errorOf(2, 5)).toBeLessThan(errorOf(2, 1));
    expect(errorOf(8, 1)).toBeLessThan(errorOf(4, 1));
    expect(errorOf(4, 1)).toBeLessThan(errorOf(2, 1));
  });
});
