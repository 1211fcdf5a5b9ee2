import { transpose, type Matrix } from './matrix.ts';
import { multiply, multiplyRightTransposed } from './multiply.ts';
import { qr } from './qr.ts';
import { svd, type SingularVectors } from './svd.ts';

/**
 * The SVD of `factor` * left * right from the QR factors of `left` (rows x r) and `right`ᵀ (columns x r), at a cost of about
 * (rows + columns) r²: the product itself is never formed. There are min(rows, r, columns) triplets; every further singular value of
 * the product is 0. Values are exact to about 1e-15 of ‖left‖ ‖right‖.
 *
 * @throws RlvrError `config/invalid` for factors that do not fit, `training/not-finite` for a NaN or an infinity.
 */
export function svdOfProduct(left: Matrix, right: Matrix, factor = 1): SingularVectors {
  const onLeft = qr(left);
  const onRight = qr(transpose(right));
  const { u, s, v } = svd(multiplyRightTransposed(onLeft.r, onRight.r));
  const size = Math.abs(factor);
  const negated = factor < 0 ? u.data.map((value) => -value) : u.data;
  return {
    u: multiply(onLeft.q, { ...u, data: negated }),
    s: s.map((value) => value * size),
    v: multiply(onRight.q, v),
  };
}
