import { describe, expect, it } from 'vitest';
import {
  add,
  balancingFactor,
  columnsOf,
  frobeniusNorm,
  identity,
  largestEntry,
  matrix,
  takeColumns,
  transpose,
} from '../../core/linalg/matrix.ts';
import { normalMatrix } from './orthogonality.ts';

describe('matrix', () => {
  it('transposes over the borders of its tiles', () => {
    const source = normalMatrix(37, 70);
    const turned = transpose(source);
    expect([turned.rows, turned.columns]).toEqual([70, 37]);
    expect(turned.data[69 * 37 + 36]).toBe(source.data[36 * 70 + 69]);
    expect(transpose(turned)).toEqual(source);
  });

  it('takes, reorders and flips columns', () => {
    const source = matrix(2, 3, [1, 2, 3, 4, 5, 6]);
    expect(columnsOf(source, 1, 3)).toEqual(matrix(2, 2, [2, 3, 5, 6]));
    expect(takeColumns(source, [2, 0], [-1, 1])).toEqual(matrix(2, 2, [-3, 1, -6, 4]));
    expect(identity(3, 2)).toEqual(matrix(3, 2, [1, 0, 0, 1, 0, 0]));
  });

  it('measures the largest and smallest numbers there are', () => {
    expect(frobeniusNorm(matrix(1, 2, [3e200, 4e200]))).toBeCloseTo(5e200, -190);
    expect(frobeniusNorm(matrix(1, 2, [3e-200, 4e-200])) / 5e-200).toBeCloseTo(1, 14);
    expect(frobeniusNorm(matrix(2, 2))).toBe(0);
    expect(balancingFactor(matrix(1, 2, [0, -6]))).toBe(0.25);
    expect(balancingFactor(matrix(1, 1, [5e-324]))).toBe(2 ** 1000);
    expect(balancingFactor(matrix(1, 1))).toBe(1);
  });

  it('refuses wrong lengths, wrong shapes and what is not finite, and says where', () => {
    expect(() => matrix(2, 2, [1, 2, 3])).toThrow('A 2 x 2 matrix has 4 entries, not 3.');
    expect(() => add(matrix(1, 2), matrix(2, 1))).toThrow('1 x 2 and 2 x 1');
    const expected = { code: 'training/not-finite', fields: { row: 1, column: 0 } };
    expect(() => largestEntry(matrix(2, 2, [1, 2, Number.NaN, 4]))).toThrow(expect.objectContaining(expected) as Error);
    expect(() => largestEntry(matrix(2, 2, [1, 2, Number.POSITIVE_INFINITY, 4]))).toThrow('row 1, column 0');
  });
});
