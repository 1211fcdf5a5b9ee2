import { describe, expect, it } from 'vitest';
import { matrix } from '../../core/linalg/matrix.ts';
import { multiply, multiplyRightTransposed } from '../../core/linalg/multiply.ts';
import { randomizedSvd } from '../../core/linalg/randomizedSvd.ts';
import { principalAngles } from '../../core/linalg/subspace.ts';
import { svd } from '../../core/linalg/svd.ts';
import { columnsOf } from '../../core/linalg/matrix.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { largestDifference, normalMatrix, orthogonalityError } from './orthogonality.ts';

describe('randomizedSvd', () => {
  it.each([
    [60, 40],
    [40, 60],
  ])('is exact for a %i x %i matrix of rank 5', (rows, columns) => {
    const source = multiply(normalMatrix(rows, 5), normalMatrix(5, columns, 2));
    const { u, s, v } = randomizedSvd(source, { rank: 5, random: randomStream(1), oversampling: 0, iterations: 0 });
    const weighted = matrix(
      rows,
      5,
      u.data.map((value, at) => value * s[at % 5]!),
    );
    expect(largestDifference(multiplyRightTransposed(weighted, v), source)).toBeLessThan(1e-10);
    expect(orthogonalityError(u)).toBeLessThan(1e-13);
    expect(orthogonalityError(v)).toBeLessThan(1e-13);
  });

  it('comes close to the top of a falling spectrum, closer with more iterations', () => {
    const source = normalMatrix(120, 80);
    source.data.forEach((value, at) => (source.data[at] = value * 0.9 ** (at % 80)));
    const exact = svd(source);
    const errors = [0, 1, 4].map((iterations) => {
      const { s, u } = randomizedSvd(source, { rank: 6, random: randomStream(2), iterations });
      const angle = principalAngles(columnsOf(exact.u, 0, 6), u)[0]!;
      return [Math.max(...s.map((value, index) => Math.abs(value / exact.s[index]! - 1))), angle] as const;
    });
    expect(errors[1]![0]).toBeLessThan(errors[0]![0]);
    expect(errors[2]![0]).toBeLessThan(1e-6);
    expect(errors[2]![1]).toBeLessThan(1e-2);
  });

  it('is a function of its random stream', () => {
    const source = normalMatrix(20, 20);
    const run = (seed: number) => randomizedSvd(source, { rank: 3, random: randomStream(seed), iterations: 0 }).s;
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  it.each([0, 4, 1.5])('refuses rank %d of a 5 x 3 matrix', (rank) => {
    expect(() => randomizedSvd(normalMatrix(5, 3), { rank, random: randomStream(1) })).toThrow('must be from 1 to 3');
  });
});
