import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { add, columnsOf, frobeniusNorm, matrix, type Matrix } from '../../core/linalg/matrix.ts';
import { spectralShift, summarizeSpectrum } from '../../core/linalg/spectrum.ts';
import { bestCosines, binEdges, energyAlong, principalAngles, sumsInBins } from '../../core/linalg/subspace.ts';
import { singularValues, svd } from '../../core/linalg/svd.ts';
import { openSafetensors } from '../../core/model/safetensors.ts';
import { goldenPath, hasGolden } from '../goldenFolder.ts';

interface Spectrum {
  readonly singular_values: readonly number[];
  readonly effective_rank: number;
  readonly effective_rank_of_squares: number;
  readonly stable_rank: number;
  readonly nuclear_norm: number;
  readonly frobenius_norm: number;
}

interface MatrixCase extends Spectrum {
  readonly name: string;
  readonly exact_singular_values: readonly number[] | null;
}

interface PairCase {
  readonly name: string;
  readonly W: Spectrum;
  readonly dW: Spectrum;
  readonly W_plus_dW: Spectrum;
  readonly principal_angles: Readonly<
    Record<string, { readonly left: readonly number[]; readonly right: readonly number[] }>
  >;
  readonly bin_edges: readonly number[];
  readonly energy_in_right_bins: readonly number[];
  readonly energy_in_left_bins: readonly number[];
  readonly max_left_cosine_of_new_vectors: readonly number[];
  readonly relative_spectral_shift: number;
  readonly relative_update: number;
}

const folder = 'linalg';

/** Every |actual - expected| is at most `tolerance` times `unit`. */
function expectAllClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number, unit = 1): void {
  expect(actual).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) {
    expect(Math.abs(actual[index]! - value), `value ${index}`).toBeLessThanOrEqual(tolerance * unit);
  }
}

function expectSummary(values: Float64Array, expected: Spectrum): void {
  const summary = summarizeSpectrum(values);
  const pairs = [
    [summary.effectiveRank, expected.effective_rank],
    [summary.effectiveRankOfSquares, expected.effective_rank_of_squares],
    [summary.stableRank, expected.stable_rank],
    [summary.nuclearNorm, expected.nuclear_norm],
    [summary.frobeniusNorm, expected.frobenius_norm],
  ] as const;
  for (const [actual, value] of pairs) {
    expectAllClose([actual], [value], 1e-11, Math.abs(value));
  }
}

describe('linalg', () => {
  if (!hasGolden(folder)) {
    it.skip(`no ${folder}/ in the golden folder`);
    return;
  }
  const file = JSON.parse(readFileSync(goldenPath(folder, 'linalg.json'), 'utf8')) as {
    matrices: MatrixCase[];
    pairs: PairCase[];
  };
  const tensors = openSafetensors(goldenPath(folder, 'matrices.safetensors'));
  afterAll(() => tensors.close());

  function read(name: string): Matrix {
    const [rows = 0, columns = 0] = tensors.info(name).shape;
    return matrix(rows, columns, tensors.read(name) as Float32Array | Float64Array);
  }

  it.each(file.matrices)('matrix $name', (entry) => {
    const source = read(entry.name);
    const { u, s, v } = svd(source);
    const largest = entry.singular_values[0] ?? 0;
    for (const values of [s, singularValues(source)]) {
      expectAllClose(values, entry.exact_singular_values ?? entry.singular_values, 1e-13, largest);
      expectSummary(values, entry);
    }
    const product = Array.from({ length: source.data.length }, (_, at) => {
      const row = Math.floor(at / source.columns);
      const column = at % source.columns;
      return s.reduce((sum, value, k) => sum + u.data[row * s.length + k]! * value * v.data[column * s.length + k]!, 0);
    });
    expectAllClose(product, [...source.data], 1e-13, largest);
  });

  it.each(file.pairs)('pair $name', (entry) => {
    const before = read(`${entry.name}.W`);
    const update = read(`${entry.name}.dW`);
    const old = svd(before);
    const moved = svd(add(before, update));
    const updated = singularValues(update);
    for (const [values, expected] of [
      [old.s, entry.W],
      [moved.s, entry.W_plus_dW],
      [updated, entry.dW],
    ] as const) {
      expectAllClose(values, expected.singular_values, 1e-13, expected.singular_values[0]);
      expectSummary(values, expected);
    }
    for (const [count, expected] of Object.entries(entry.principal_angles)) {
      const top = (basis: Matrix): Matrix => columnsOf(basis, 0, Number(count));
      expectAllClose(principalAngles(top(old.u), top(moved.u)), expected.left, 1e-10);
      expectAllClose(principalAngles(top(old.v), top(moved.v)), expected.right, 1e-10);
    }
    const edges = binEdges(old.s.length, entry.bin_edges.length - 1);
    expect(edges).toEqual(entry.bin_edges);
    expectAllClose(sumsInBins(energyAlong(old.v, update, 'right'), edges), entry.energy_in_right_bins, 1e-10);
    expectAllClose(sumsInBins(energyAlong(old.u, update, 'left'), edges), entry.energy_in_left_bins, 1e-10);
    expectAllClose(bestCosines(old.u, moved.u), entry.max_left_cosine_of_new_vectors, 1e-10);
    expectAllClose([spectralShift(old.s, moved.s)], [entry.relative_spectral_shift], 1e-12);
    expectAllClose([frobeniusNorm(update) / frobeniusNorm(before)], [entry.relative_update], 1e-12);
  });
});
