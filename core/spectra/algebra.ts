import type { Matrix } from '../linalg/matrix.ts';
import { multiply, multiplyLeftTransposed } from '../linalg/multiply.ts';

/** left * right. */
export function product(left: Matrix, right: Matrix): Promise<Matrix> {
  return Promise.resolve(multiply(left, right));
}

/** leftᵀ * right. */
export function innerProducts(left: Matrix, right: Matrix): Promise<Matrix> {
  return Promise.resolve(multiplyLeftTransposed(left, right));
}
