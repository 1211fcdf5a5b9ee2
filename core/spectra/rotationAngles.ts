import type { Overlap } from '../contracts/analyzer.ts';
import { matrix, type Matrix } from '../linalg/matrix.ts';
import { singularValues } from '../linalg/svd.ts';

/**
 * Principal angles between the space of W's first `top` singular vectors and that of as many other orthonormal vectors, whose overlap with
 * W's basis is given; in radians, largest first. Cosines come from the components along those first vectors and sines from all others, so
 * small and large angles both keep their digits (Å. Björck, G. H. Golub: Numerical methods for computing angles between linear
 * subspaces, 1973).
 */
export function rotationAngles({ along, outside }: Overlap, top: number): Float64Array {
  const count = along.columns;
  const cosines = singularValues(rowsOf(along, 0, top));
  const sines = singularValues(stacked(rowsOf(along, top, along.rows), outside));
  return Float64Array.from({ length: count }, (_, index) =>
    Math.atan2(sines[index] ?? 0, cosines[count - 1 - index] ?? 0),
  );
}

function rowsOf({ columns, data }: Matrix, from: number, to: number): Matrix {
  return matrix(to - from, columns, data.subarray(from * columns, to * columns));
}

function stacked(upper: Matrix, lower: Matrix): Matrix {
  const result = matrix(upper.rows + lower.rows, upper.columns);
  result.data.set(upper.data);
  result.data.set(lower.data, upper.data.length);
  return result;
}
