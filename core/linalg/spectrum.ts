/** One number each for how many directions a matrix uses, and how large it is, from its singular values. All 0 for a zero matrix. */
export interface SpectrumSummary {
  /** exp(-sum p ln p), p = s / sum s (O. Roy, M. Vetterli: The effective rank, EUSIPCO 2007). */
  readonly effectiveRank: number;
  /** The same with p = s² / sum s². */
  readonly effectiveRankOfSquares: number;
  /** sum s² / s_1²: the squared Frobenius norm over the squared spectral norm. */
  readonly stableRank: number;
  /** sum s. */
  readonly nuclearNorm: number;
  /** The square root of sum s². */
  readonly frobeniusNorm: number;
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** exp of the entropy of `weights` once they sum to 1. */
function entropyRank(weights: Float64Array): number {
  const total = sumOf(weights);
  const entropy = weights.reduce((sum, weight) => {
    const share = weight / total;
    return share > 0 ? sum - share * Math.log(share) : sum;
  }, 0);
  return Math.exp(entropy);
}

/** Ranks and norms of a matrix with these singular values, in any order. */
export function summarizeSpectrum(singularValues: ArrayLike<number>): SpectrumSummary {
  const values = Float64Array.from(singularValues);
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  if (largest === 0) {
    return { effectiveRank: 0, effectiveRankOfSquares: 0, stableRank: 0, nuclearNorm: 0, frobeniusNorm: 0 };
  }
  // Relative to the largest, so that squares neither overflow nor vanish.
  const relative = values.map((value) => value / largest);
  const squares = relative.map((value) => value * value);
  const stableRank = sumOf(squares);
  return {
    effectiveRank: entropyRank(relative),
    effectiveRankOfSquares: entropyRank(squares),
    stableRank,
    nuclearNorm: sumOf(values),
    frobeniusNorm: largest * Math.sqrt(stableRank),
  };
}

/** ‖after - before‖ / ‖before‖ of two sorted spectra of the same length: the normalised spectral shift. 0 where nothing moved. */
export function spectralShift(before: Float64Array, after: Float64Array): number {
  const moved = after.map((value, index) => Math.abs(value - (before[index] ?? 0)));
  const size = summarizeSpectrum(before).frobeniusNorm;
  const shift = summarizeSpectrum(moved).frobeniusNorm;
  return shift === 0 ? 0 : shift / size;
}
