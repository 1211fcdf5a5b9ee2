import { describe, expect, it } from 'vitest';
import { identity, matrix } from '../../core/linalg/matrix.ts';
import { spectralShift, summarizeSpectrum } from '../../core/linalg/spectrum.ts';
import { bestCosines, binEdges, energyAlong, principalAngles, sumsInBins } from '../../core/linalg/subspace.ts';

describe('summarizeSpectrum', () => {
  it('counts equal singular values', () => {
    const summary = summarizeSpectrum([2, 2, 2, 0]);
    expect(summary.effectiveRank).toBeCloseTo(3, 14);
    expect(summary.effectiveRankOfSquares).toBeCloseTo(3, 14);
    expect(summary.stableRank).toBe(3);
    expect(summary.nuclearNorm).toBe(6);
    expect(summary.frobeniusNorm).toBeCloseTo(Math.sqrt(12), 14);
  });

  it('is 0 for a zero matrix and does not change with scale', () => {
    expect(Object.values(summarizeSpectrum([0, 0]))).toEqual([0, 0, 0, 0, 0]);
    expect(summarizeSpectrum([3e-200, 1e-200]).effectiveRankOfSquares).toBeCloseTo(
      summarizeSpectrum([3, 1]).effectiveRankOfSquares,
      13,
    );
  });
});

describe('spectralShift', () => {
  it('is relative to the norm before', () => {
    expect(spectralShift(Float64Array.of(3, 4), Float64Array.of(3, 4))).toBe(0);
    expect(spectralShift(Float64Array.of(4, 3), Float64Array.of(4, 5))).toBeCloseTo(0.4, 14);
    expect(spectralShift(Float64Array.of(0), Float64Array.of(0))).toBe(0);
  });
});

describe('principalAngles', () => {
  const turned = (angle: number) => matrix(3, 1, [Math.cos(angle), Math.sin(angle), 0]);

  it.each([0, 1e-12, 1e-7, 0.5, Math.PI / 4, 1.5, Math.PI / 2 - 1e-9, Math.PI / 2])(
    'keeps the digits of an angle of %d',
    (angle) => {
      expect(Math.abs(principalAngles(turned(0), turned(angle))[0]! - angle)).toBeLessThan(1e-15);
    },
  );

  it('takes sets of different sizes in either order, largest angle first', () => {
    const plane = matrix(3, 2, [1, 0, 0, 1, 0, 0]);
    const line = matrix(3, 1, [0.6, 0, 0.8]);
    expect(principalAngles(plane, line)[0]).toBeCloseTo(Math.acos(0.6), 14);
    expect(principalAngles(line, plane)).toEqual(principalAngles(plane, line));
    const angles = principalAngles(plane, matrix(3, 2, [1, 0, 0, 0, 0, 1]));
    expect(angles[0]).toBeCloseTo(Math.PI / 2, 14);
    expect(angles[1]).toBeCloseTo(0, 14);
  });

  it('finds no angle between a space and itself, also when it fills everything', () => {
    expect(Math.max(...principalAngles(identity(2), identity(2)))).toBe(0);
    expect(() => principalAngles(identity(2), identity(3))).toThrow('not of 2 and 3');
  });
});

describe('energyAlong', () => {
  const update = matrix(2, 3, [3, 0, 0, 0, 4, 0]);

  it('shares out the squared norm on either side', () => {
    expect([...energyAlong(identity(3), update, 'right')].map((value) => Number(value.toFixed(14)))).toEqual([
      0.36, 0.64, 0,
    ]);
    expect([...energyAlong(identity(2), update, 'left')].map((value) => Number(value.toFixed(14)))).toEqual([
      0.36, 0.64,
    ]);
    expect([...energyAlong(identity(3), matrix(2, 3), 'right')]).toEqual([0, 0, 0]);
  });

  it('sums in bins that cover everything once, also when there are more bins than values', () => {
    expect(binEdges(25)).toEqual([0, 2, 5, 7, 10, 12, 15, 17, 20, 22, 25]);
    expect(sumsInBins(Float64Array.of(1, 2, 4), binEdges(3)).reduce((sum, value) => sum + value, 0)).toBe(7);
    expect(sumsInBins(Float64Array.of(1, 2, 4), [0, 2, 3])).toEqual([3, 4]);
  });
});

describe('bestCosines', () => {
  it('shows a direction that was not there before', () => {
    const before = matrix(3, 2, [1, 0, 0, 1, 0, 0]);
    const after = matrix(3, 2, [0, 0.6, -1, 0, 0, 0.8]);
    expect([...bestCosines(before, after)]).toEqual([1, 0.6]);
  });
});
