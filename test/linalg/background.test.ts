import { describe, expect, it } from 'vitest';
import {
  shorterSideInBackground,
  singularValuesInBackground,
  svdInBackground,
  topSvdInBackground,
  type SourceMatrix,
} from '../../core/linalg/background.ts';
import { add, columnsOf, matrix, scale } from '../../core/linalg/matrix.ts';
import { multiply } from '../../core/linalg/multiply.ts';
import { singularValues, svd } from '../../core/linalg/svd.ts';
import { largestDifference, normalMatrix } from './orthogonality.ts';

const notFinite = expect.objectContaining({ code: 'training/not-finite' }) as Error;
const invalid = expect.objectContaining({ code: 'config/invalid' }) as Error;

describe('decompositions in the background', () => {
  it.each([
    [1, 1],
    [3, 1],
    [20, 20],
    [40, 40],
    [130, 130],
    [200, 80],
    [80, 200],
  ])('are bit for bit those of the calling thread, with any number of threads, for %i x %i', async (rows, columns) => {
    const source = normalMatrix(rows, columns);
    const { u, s, v } = svd(source);
    for (const threads of rows === 40 ? [1, 3] : [2]) {
      expect(await svdInBackground(source, { threads })).toEqual({ u, s, v });
      expect(await singularValuesInBackground(source, { threads })).toEqual(singularValues(source));
      const shorter = await shorterSideInBackground(source, { threads });
      expect(shorter).toEqual(rows < columns ? { s, side: 'left', vectors: u } : { s, side: 'right', vectors: v });
      const rank = Math.min(7, s.length);
      const top = await topSvdInBackground(source, { threads, rank });
      expect(top.s).toEqual(top.values.slice(0, rank));
      expect(Math.max(...top.values.map((value, index) => Math.abs(value - s[index]!)))).toBeLessThan(1e-14 * s[0]!);
      expect(largestDifference(top.u, columnsOf(u, 0, rank))).toBeLessThan(1e-12);
      expect(largestDifference(top.v, columnsOf(v, 0, rank))).toBeLessThan(1e-12);
    }
  });

  it('take float32 as the float64 numbers that it stands for', async () => {
    const single: SourceMatrix = { rows: 30, columns: 50, data: Float32Array.from(normalMatrix(30, 50).data) };
    expect(await singularValuesInBackground(single)).toEqual(singularValues(matrix(30, 50, single.data)));
  });

  it.each([
    [50, 30],
    [30, 50],
    [40, 40],
  ])('add a low-rank update to a %i x %i matrix', async (rows, columns) => {
    const source = normalMatrix(rows, columns);
    const [left, right] = [normalMatrix(rows, 3, 5), normalMatrix(3, columns, 6)];
    const single = { ...right, data: Float32Array.from(right.data) };
    const rounded = matrix(3, columns, single.data);
    const expected = svd(add(source, scale(multiply(left, rounded), -1.5)));
    const found = await svdInBackground(source, { update: { left, right: single, factor: -1.5 } });
    expect(Math.max(...found.s.map((value, index) => Math.abs(value - expected.s[index]!)))).toBeLessThan(1e-13);
    expect(found.u.data.length).toBe(expected.u.data.length);
    expect(largestDifference(found.v, expected.v)).toBeLessThan(1e-10);
  });

  it('tell how far they are', async () => {
    const shares: number[] = [];
    await svdInBackground(normalMatrix(500, 400), { onProgress: (share) => shares.push(share) });
    expect(shares.length).toBeGreaterThan(0);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.every((share) => share > 0 && share <= 1)).toBe(true);
  });

  it('leave the event loop free, end when they are told to, and go on with the next one', async () => {
    const source = normalMatrix(500, 400);
    const stop = new AbortController();
    const reason = new Error('enough');
    const running = svdInBackground(source, { signal: stop.signal, onProgress: () => stop.abort(reason) });
    const small = normalMatrix(9, 5);
    const next = singularValuesInBackground(small);
    await expect(running).rejects.toBe(reason);
    expect(await next).toEqual(singularValues(small));
    await expect(singularValuesInBackground(source, { signal: stop.signal })).rejects.toBe(reason);
  });

  it('wait for each other in the order in which they were asked for', async () => {
    const ended: number[] = [];
    const sizes = [60, 5, 30];
    await Promise.all(
      sizes.map((size) => singularValuesInBackground(normalMatrix(size, size)).then(() => ended.push(size))),
    );
    expect(ended).toEqual(sizes);
  });

  it('refuse what is not finite, with its place', async () => {
    const source = matrix(2, 3, [1, 2, 3, 4, Number.NaN, 6]);
    await expect(svdInBackground(source)).rejects.toThrow(notFinite);
    await expect(svdInBackground(source)).rejects.toThrow('row 1, column 1 of a 2 x 3');
    const update = { left: matrix(2, 1, [1, Number.POSITIVE_INFINITY]), right: matrix(1, 3), factor: 1 };
    await expect(svdInBackground(matrix(2, 3), { update })).rejects.toThrow('row 1, column 0 of a 2 x 1');
    const huge = { left: matrix(2, 1, [1e200, 1]), right: matrix(1, 3, [1e200, 0, 0]), factor: 1 };
    await expect(svdInBackground(matrix(2, 3), { update: huge })).rejects.toThrow(notFinite);
    expect([...(await singularValuesInBackground(matrix(2, 1, [3, 4])))]).toEqual([5]);
  });

  it('refuse shapes that do not fit, and ranks that are none', async () => {
    await expect(svdInBackground({ rows: 2, columns: 2, data: new Float64Array(3) })).rejects.toThrow(invalid);
    const update = { left: matrix(2, 2), right: matrix(1, 2), factor: 1 };
    await expect(svdInBackground(matrix(2, 2), { update })).rejects.toThrow('Expected a 2 x 2 matrix, not 1 x 2');
    await expect(topSvdInBackground(matrix(2, 2), { rank: 0 })).rejects.toThrow(invalid);
  });

  it('refuse a matrix that no memory holds before they take any', async () => {
    const source = { rows: 30_000, columns: 30_000, data: { length: 9e8 } as unknown as Float64Array };
    await expect(singularValuesInBackground(source)).rejects.toThrow('too large');
  });
});
