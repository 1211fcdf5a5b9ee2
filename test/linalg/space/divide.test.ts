import { describe, expect, it } from 'vitest';
import { diagonalize } from '../../../core/linalg/bidiagonalSvd.ts';
import { matrix, type Matrix } from '../../../core/linalg/matrix.ts';
import { multiply, multiplyRightTransposed } from '../../../core/linalg/multiply.ts';
import { decompose, roomFor } from '../../../core/linalg/space/decompose.ts';
import { divideAndConquer } from '../../../core/linalg/space/divide.ts';
import { teamHere } from '../../../core/linalg/space/here.ts';
import { matrixOf } from '../../../core/linalg/space/matrixLines.ts';
import { part, turned } from '../../../core/linalg/space/block.ts';
import { randomStream } from '../../../core/tensor/random.ts';
import { largestDifference, normalMatrix, orthogonalityError } from '../orthogonality.ts';

const random = randomStream(3, 'bidiagonal');
const kinds: Readonly<Record<string, (index: number) => readonly [number, number]>> = {
  random: () => [random.uniform() - 0.5, random.uniform() - 0.5],
  'all equal': () => [1, 1],
  'zeros on the diagonal': () => [random.integer(3), random.uniform()],
  'zeros above the diagonal': () => [random.uniform(), random.integer(2)],
  graded: (index) => [10 ** (-index / 8), 10 ** (-index / 7)],
  'graded upwards': (index) => [10 ** (index / 8 - 20), 10 ** (index / 7 - 20)],
  'one cluster': () => [1 + 1e-14 * random.uniform(), 1e-13 * random.uniform()],
  'two clusters': (index) => [index % 2, 1e-15 * random.uniform()],
  'tiny parts': (index) => (index % 40 < 20 ? [random.uniform(), 1e-300] : [1e-300 * random.uniform(), 1e-290]),
  zero: () => [0, 0],
};

function bidiagonal(diagonal: Float64Array, above: Float64Array): Matrix {
  const size = diagonal.length;
  const result = matrix(size, size);
  for (let index = 0; index < size; index++) {
    result.data[index * (size + 1)] = diagonal[index]!;
    if (index + 1 < size) result.data[index * (size + 1) + 1] = above[index]!;
  }
  return result;
}

describe('divideAndConquer', () => {
  it.each(Object.keys(kinds).flatMap((kind) => [2, 20, 29, 57, 130].map((size) => [kind, size] as const)))(
    'takes apart a bidiagonal matrix: %s, size %i',
    (kind, size) => {
      const entries = Array.from({ length: size }, (_, index) => kinds[kind]!(index));
      const diagonal = Float64Array.from(entries, ([value]) => value);
      const above = Float64Array.from(entries, ([, value], index) => (index + 1 < size ? value : 0));
      const expected = { diagonal: diagonal.slice(), above: above.slice(), left: undefined, right: undefined };
      diagonalize(expected);
      const sorted = expected.diagonal.map(Math.abs).sort((a, b) => b - a);
      const unit = Math.max(...sorted) || 1;
      for (const most of [undefined, 5]) {
        const { team, allocator } = teamHere(roomFor(size, size));
        const wanted = { left: true, ...(most === undefined ? {} : { most }) };
        const { values, left, right } = divideAndConquer(team, diagonal, above, wanted, allocator);
        const count = Math.min(size, most ?? size);
        const u = matrixOf(team.space, turned(part(left!, 0, 0, count)));
        const v = matrixOf(team.space, turned(part(right, 0, 0, count)));
        const found = values.toSorted((a, b) => b - a);
        for (const [index, value] of sorted.entries()) {
          expect(Math.abs(found[index]! - value)).toBeLessThanOrEqual(2e-14 * unit);
        }
        expect(orthogonalityError(u)).toBeLessThan(2e-14);
        expect(orthogonalityError(v)).toBeLessThan(2e-14);
        const image = multiply(bidiagonal(diagonal, above), v);
        const expectedImage = { ...u, data: u.data.map((value, at) => value * values[at % count]!) };
        expect(largestDifference(image, expectedImage)).toBeLessThanOrEqual(2e-14 * unit);
        if (most !== undefined) expect(values.slice(0, count).sort((a, b) => b - a)).toEqual(found.slice(0, count));
        else
          expect(
            largestDifference(multiplyRightTransposed(expectedImage, v), bidiagonal(diagonal, above)),
          ).toBeLessThan(1e-13 * unit);
      }
    },
  );
});

describe('decompose', () => {
  it.each([
    [90, 70],
    [40, 150],
    [64, 64],
  ])('owes nothing to what was in the memory before: %i x %i', (rows, columns) => {
    const source = normalMatrix(rows, columns);
    const [clean, dirty] = [0, Number.NaN].map((before) => {
      const { team, allocator } = teamHere(roomFor(rows, columns));
      team.space.values.fill(before, allocator.used);
      const at = allocator.numbers(rows * columns);
      team.space.values.set(source.data, at);
      const found = decompose(team, { source: { at, rows, columns, isSingle: false }, vectors: 'both' }, allocator);
      const { values, left, right } = found;
      const vectors = [left, right].map((place) =>
        team.space.values.slice(place, place + Math.min(rows, columns) * 40),
      );
      return { values, vectors };
    });
    expect(dirty).toEqual(clean);
  });
});
