import { bidiagonalize } from './bidiagonalize.ts';
import { diagonalize } from './bidiagonalSvd.ts';
import { balancingFactor, scale, takeColumns, transpose, type Matrix } from './matrix.ts';
import { multiply } from './multiply.ts';
import { qr } from './qr.ts';
import { PendingRotations } from './rotations.ts';

const TALL = 1.6;

/** A = U diag(s) Vᵀ, k = min(rows, columns). */
export interface SingularVectors {
  /** rows x k, orthonormal columns. */
  readonly u: Matrix;
  /** k values, largest first. */
  readonly s: Float64Array;
  /** columns x k, orthonormal columns. */
  readonly v: Matrix;
}

/** For entries of about 1 at most, and at least as many rows as columns. */
function svdOfTall(source: Matrix): SingularVectors {
  if (source.rows > TALL * source.columns) {
    const { q, r } = qr(source);
    const inner = svdOfTall(r);
    return { ...inner, u: multiply(q, inner.u) };
  }
  const { diagonal, above, left, right } = bidiagonalize(source);
  const u = left();
  const v = right();
  diagonalize({ diagonal, above, left: new PendingRotations(u), right: new PendingRotations(v) });
  const order = [...diagonal.keys()].sort((a, b) => Math.abs(diagonal[b] ?? 0) - Math.abs(diagonal[a] ?? 0));
  const sorted = Float64Array.from(order, (index) => diagonal[index] ?? 0);
  return {
    u: takeColumns(u, order),
    s: sorted.map(Math.abs),
    v: takeColumns(
      v,
      order,
      sorted.map((value) => (value < 0 ? -1 : 1)),
    ),
  };
}

/**
 * Singular values and vectors, by bidiagonal form and implicit QR sweeps (G. H. Golub, C. F. Van Loan: Matrix computations, 4th
 * edition, section 8.6) in float64. Values are exact to about 1e-15 of the largest, whatever the scale; smaller ones have no more
 * digits. Vectors are unique up to sign where their value stands apart.
 *
 * @throws RlvrError `training/not-finite` for a NaN or an infinity.
 */
export function svd(source: Matrix): SingularVectors {
  const factor = balancingFactor(source);
  const scaled = scale(source, factor);
  const isWide = source.rows < source.columns;
  const { u, s, v } = svdOfTall(isWide ? transpose(scaled) : scaled);
  const values = s.map((value) => value / factor);
  return isWide ? { u: v, s: values, v: u } : { u, s: values, v };
}

/** The singular values alone, largest first, several times faster than with vectors. */
export function singularValues(source: Matrix): Float64Array {
  const factor = balancingFactor(source);
  const scaled = scale(source, factor);
  const tall = source.rows < source.columns ? transpose(scaled) : scaled;
  const { diagonal, above } = bidiagonalize(tall.rows > TALL * tall.columns ? qr(tall).r : tall);
  diagonalize({ diagonal, above, left: undefined, right: undefined });
  return diagonal.map((value) => Math.abs(value) / factor).sort((a, b) => b - a);
}
