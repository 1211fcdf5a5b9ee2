import { describe, expect, it } from 'vitest';
import { matrix, scale, type Matrix } from '../../core/linalg/matrix.ts';
import { multiply, multiplyRightTransposed } from '../../core/linalg/multiply.ts';
import { qr } from '../../core/linalg/qr.ts';
import { singularValues, svd } from '../../core/linalg/svd.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { largestDifference, normalMatrix, orthogonalityError } from './orthogonality.ts';

function withSpectrum(rows: number, columns: number, values: readonly number[]): Matrix {
  const k = values.length;
  const u = qr(normalMatrix(rows, k, 3)).q;
  const scaled = matrix(
    rows,
    k,
    u.data.map((value, at) => value * values[at % k]!),
  );
  return multiplyRightTransposed(scaled, qr(normalMatrix(columns, k, 4)).q);
}

function expectDecomposition(source: Matrix): Float64Array {
  const { u, s, v } = svd(source);
  const k = s.length;
  expect([u.rows, u.columns, v.rows, v.columns]).toEqual([source.rows, k, source.columns, k]);
  const weighted = matrix(
    u.rows,
    k,
    u.data.map((value, at) => value * s[at % k]!),
  );
  const largest = s[0] ?? 0;
  expect(largestDifference(multiplyRightTransposed(weighted, v), source)).toBeLessThanOrEqual(2e-14 * largest);
  expect(orthogonalityError(u)).toBeLessThan(2e-13);
  expect(orthogonalityError(v)).toBeLessThan(2e-13);
  expect([...s]).toEqual([...s].sort((a, b) => b - a));
  expect(s.every((value) => value >= 0)).toBe(true);
  for (const [index, value] of singularValues(source).entries()) {
    expect(Math.abs(value - s[index]!)).toBeLessThanOrEqual(1e-14 * largest);
  }
  return s;
}

describe('svd', () => {
  it.each([
    [1, 1],
    [2, 2],
    [1, 9],
    [9, 1],
    [40, 40],
    [33, 32],
    [32, 33],
    [200, 60],
    [60, 200],
    [900, 3],
    [3, 700],
    [150, 150],
  ])('takes a %i x %i matrix apart', (rows, columns) => void expectDecomposition(normalMatrix(rows, columns)));

  it('finds any spectrum that a matrix was made from', () => {
    const random = randomStream(17, 'spectra');
    for (let round = 0; round < 40; round++) {
      const rows = 1 + random.integer(24);
      const columns = 1 + random.integer(24);
      const kinds = [() => random.uniform(), () => 10 ** (-14 * random.uniform()), () => random.integer(3), () => 1];
      const draw = kinds[round % kinds.length]!;
      const values = Array.from({ length: Math.min(rows, columns) }, draw).sort((a, b) => b - a);
      const found = expectDecomposition(withSpectrum(rows, columns, values));
      for (const [index, value] of values.entries()) {
        expect(Math.abs(found[index]! - value)).toBeLessThanOrEqual(2e-14 * values[0]!);
      }
    }
  });

  it.each([
    ['zero', matrix(5, 3)],
    ['empty', matrix(0, 0)],
    ['a zero on the diagonal', matrix(3, 3, [1, 1, 0, 0, 0, 1, 0, 0, 1])],
    ['a zero row and column', matrix(3, 3, [1, 0, 2, 0, 0, 0, 3, 0, 4])],
    ['nilpotent', matrix(4, 4, [0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0])],
    ['all ones', matrix(6, 6, new Float64Array(36).fill(1))],
    ['diagonal', matrix(3, 3, [-1, 0, 0, 0, 3, 0, 0, 0, -2])],
    [
      'graded rows',
      matrix(
        4,
        4,
        normalMatrix(4, 4).data.map((value, at) => value * 10 ** (-80 * Math.floor(at / 4))),
      ),
    ],
    [
      'graded columns',
      matrix(
        4,
        4,
        normalMatrix(4, 4).data.map((value, at) => value * 10 ** (-80 * (at % 4))),
      ),
    ],
    [
      'rising columns',
      matrix(
        4,
        4,
        normalMatrix(4, 4).data.map((value, at) => value * 10 ** (80 * (at % 4) - 240)),
      ),
    ],
  ])('takes apart what is special: %s', (_, source) => void expectDecomposition(source));

  it.each([1e-320, 1e-300, 1e-150, 1e150, 1e307])('is as exact at the scale %d', (size) => {
    const source = normalMatrix(5, 4);
    const { s } = svd(source);
    const digits = size < 1e-310 ? 1e-3 : 1e-14;
    for (const [index, value] of svd(scale(source, size)).s.entries()) {
      expect(Math.abs(value / size - s[index]!)).toBeLessThanOrEqual(digits * s[0]!);
    }
  });

  it('agrees with the closed form of 2 x 2 matrices', () => {
    const [a, b, c, d] = [3, 1, -2, 0.5];
    const s = singularValues(matrix(2, 2, [a, b, c, d]));
    expect(s[0]! * s[1]!).toBeCloseTo(Math.abs(a * d - b * c), 13);
    expect(s[0]! ** 2 + s[1]! ** 2).toBeCloseTo(a * a + b * b + c * c + d * d, 13);
  });

  it('does not touch its input and gives the same bits each time', () => {
    const source = normalMatrix(20, 12);
    const copy = matrix(20, 12, source.data);
    expect(svd(source)).toEqual(svd(source));
    expect(source).toEqual(copy);
  });

  it('refuses NaN', () => {
    const expected = expect.objectContaining({ code: 'training/not-finite' }) as Error;
    expect(() => svd(matrix(1, 2, [1, Number.NaN]))).toThrow(expected);
    expect(() => singularValues(multiply(matrix(1, 1, [1e300]), matrix(1, 1, [1e300])))).toThrow(expected);
  });
});
