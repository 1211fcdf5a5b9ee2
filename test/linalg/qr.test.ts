import { describe, expect, it } from 'vitest';
import { matrix } from '../../core/linalg/matrix.ts';
import { multiply } from '../../core/linalg/multiply.ts';
import { qr } from '../../core/linalg/qr.ts';
import { largestDifference, normalMatrix, orthogonalityError } from './orthogonality.ts';

describe('qr', () => {
  it.each([
    [1, 1],
    [5, 3],
    [3, 5],
    [64, 64],
    [100, 33],
    [40, 90],
    [7, 1],
  ])('takes a %i x %i matrix apart', (rows, columns) => {
    const source = normalMatrix(rows, columns);
    const { q, r } = qr(source);
    const k = Math.min(rows, columns);
    expect([q.rows, q.columns, r.rows, r.columns]).toEqual([rows, k, k, columns]);
    expect(largestDifference(multiply(q, r), source)).toBeLessThan(1e-13);
    expect(orthogonalityError(q)).toBeLessThan(1e-13);
    expect(r.data.every((value, at) => at % columns >= Math.floor(at / columns) || value === 0)).toBe(true);
  });

  it('has the signs of LAPACK', () => {
    // numpy.linalg.qr([[3, 1], [4, 2]]): R = [[-5, -2.2], [0, 0.4]].
    const { q, r } = qr(matrix(2, 2, [3, 1, 4, 2]));
    expect(largestDifference(r, matrix(2, 2, [-5, -2.2, 0, 0.4]))).toBeLessThan(1e-15);
    expect(largestDifference(q, matrix(2, 2, [-0.6, -0.8, -0.8, 0.6]))).toBeLessThan(1e-15);
    expect([...qr(matrix(2, 2, [-2, 0, 0, 3])).r.data]).toEqual([-2, 0, 0, 3]);
    expect([...qr(matrix(2, 2, [0, 1, 2, 3])).r.data]).toEqual([-2, -3, 0, -1]);
  });

  it.each([1e-300, 1e-160, 1e200])('holds at the scale %d', (size) => {
    const source = normalMatrix(6, 4);
    const { q, r } = qr(
      matrix(
        6,
        4,
        source.data.map((value) => value * size),
      ),
    );
    expect(orthogonalityError(q)).toBeLessThan(1e-14);
    expect(
      largestDifference(
        matrix(
          4,
          4,
          r.data.map((value) => value / size),
        ),
        qr(source).r,
      ),
    ).toBeLessThan(1e-13);
  });

  it('gives orthonormal columns for a matrix without full rank', () => {
    const { q } = qr(matrix(4, 3, new Float64Array(12).fill(2)));
    expect(orthogonalityError(q)).toBeLessThan(1e-14);
    expect(orthogonalityError(qr(matrix(4, 3)).q)).toBe(0);
  });
});
