import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { maskedQuantile } from '../../core/objective/quantile.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { tf } from '../../core/tensor/tf.ts';

function quantileOf(values: Float32Array, mask: Float32Array, q: number): number {
  const count = mask.reduce((sum, value) => sum + value, 0);
  const shape: [number, number] = [1, values.length];
  const result = tf.tidy(() =>
    maskedQuantile(tf.tensor2d(values, shape), tf.tensor2d(mask, shape), tf.scalar(count), q),
  );
  return result.dataSync()[0] ?? Number.NaN;
}

function sortedQuantile(values: Float32Array, mask: Float32Array, q: number): number {
  const sorted = values.filter((_, i) => mask[i] === 1).sort();
  // As torch: the place in float64, the interpolation in float32 and from the nearer value.
  const position = Math.fround(q) * (sorted.length - 1);
  const index = Math.floor(position);
  const [lower = 0, upper = lower] = sorted.slice(index, index + 2);
  const [part, distance] = [Math.fround(position - index), Math.fround(upper - lower)];
  return part < 0.5
    ? Math.fround(lower + Math.fround(part * distance))
    : Math.fround(upper - Math.fround(distance * Math.fround(1 - part)));
}

describe('maskedQuantile', () => {
  beforeAll(() => tf.setBackend('cpu'));

  const kinds: Record<string, (u: number) => number> = {
    'spread evenly': (u) => 3 * u,
    'over twelve orders of magnitude': (u) => 10 ** (1 - 12 * u),
    'with many equal values': (u) => Math.round(4 * u) / 4,
    'all equal': () => 0.7,
    'all zero': () => 0,
  };
  it.each(Object.entries(kinds))('equals sorting, for values %s', (_, valueOf) => {
    const random = randomStream(1, 'quantile');
    for (let trial = 0; trial < 10; trial++) {
      const length = 1 + random.integer(60);
      const values = random.uniforms(length).map(valueOf);
      const mask = random.uniforms(length).map((u, i) => (u < 0.7 || i === 0 ? 1 : 0));
      for (const q of [0, 0.2, 0.4, 0.5, 0.7, 0.8, 1]) {
        expect(quantileOf(values, mask, q)).toBe(sortedQuantile(values, mask, q));
      }
    }
  });
});
