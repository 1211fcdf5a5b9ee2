import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { evenlyChosen, largestChosen, shareOfTokens } from '../../core/objective/chooseTokens.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { tf } from '../../core/tensor/tf.ts';

const [rows, columns] = [3, 7];

function matrix(values: ArrayLike<number>): tf.Tensor2D {
  return tf.tensor2d(Float32Array.from(values), [rows, columns]);
}

function candidatesOf(seed: number): Float32Array {
  return randomStream(seed, 'candidates')
    .uniforms(rows * columns)
    .map((u) => Number(u < 0.5));
}

function chosen(candidates: Float32Array, count: number, phase: number): readonly number[] {
  return [...tf.tidy(() => evenlyChosen(matrix(candidates), tf.scalar(count), tf.scalar(phase))).dataSync<'float32'>()];
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('chooseTokens', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('takes the wanted number of candidates, all where there are fewer', () => {
    for (let seed = 0; seed < 8; seed++) {
      const candidates = candidatesOf(seed);
      const total = sum([...candidates]);
      for (const count of [1, 2, 5, 30]) {
        for (const phase of [0, 0.37, 0.99]) {
          const out = chosen(candidates, count, phase);
          expect(sum(out)).toBe(Math.min(count, total));
          expect(out.every((value, i) => value === 0 || candidates[i] === 1)).toBe(true);
        }
      }
    }
    expect(sum(chosen(new Float32Array(rows * columns), 3, 0.5))).toBe(0);
  });

  it('takes every candidate equally often over all phases', () => {
    const candidates = candidatesOf(3);
    const total = sum([...candidates]);
    const times = new Array<number>(candidates.length).fill(0);
    const phases = 20 * total;
    for (let i = 0; i < phases; i++) {
      chosen(candidates, 3, (i + 0.5) / phases).forEach((value, place) => {
        times[place] = times[place]! + value;
      });
    }
    times.forEach((count, place) => {
      expect(count).toBe(candidates[place] === 1 ? (3 * phases) / total : 0);
    });
  });

  it('takes the largest values, among equal ones the first', () => {
    for (let seed = 0; seed < 8; seed++) {
      const random = randomStream(seed, 'largest');
      const values = random.uniforms(rows * columns).map((u) => Math.round(4 * u) / 4);
      const mask = random.uniforms(rows * columns).map((u) => Number(u < 0.7));
      const places = [...mask.keys()].filter((i) => mask[i] === 1);
      for (const count of [1, 3, 8, 40]) {
        const sorted = places.toSorted((a, b) => values[b]! - values[a]! || a - b).slice(0, count);
        const result = tf
          .tidy(() => largestChosen(matrix(values), matrix(mask), tf.scalar(places.length), tf.scalar(count)))
          .dataSync();
        expect([...result]).toEqual(Array.from(mask, (_, i) => Number(sorted.includes(i))));
      }
    }
  });

  it('takes at least one token', () => {
    const share = (of: number, tokens: number): number => shareOfTokens(of, tf.scalar(tokens)).dataSync()[0]!;
    expect([share(2e-4, 100), share(0.25, 10), share(1, 7)]).toEqual([1, 2, 7]);
  });
});
