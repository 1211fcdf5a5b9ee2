import type { Decomposition } from '../contracts/analyzer.ts';
import type { ShorterSide } from '../linalg/background.ts';
import { columnsOf, type Matrix } from '../linalg/matrix.ts';
import { innerProducts, product } from './algebra.ts';

/** Below this share of the largest value a direction counts as mapped to 0: its other side cannot be told from rounding. */
export const NULL_SHARE = 1e-6;

/**
 * A complete decomposition from the vectors of the shorter side: those of the other one follow by a product with the matrix. They are 0
 * where the matrix maps a direction to 0, since it does not determine them.
 */
export function bothSides(source: Matrix, { s: values, side, vectors }: ShorterSide): Decomposition {
  const smallest = NULL_SHARE * (values[0] ?? 0);
  const inverses = values.map((value) => (value > smallest ? 1 / value : 0));
  const near = (count: number): Promise<Matrix> => Promise.resolve(columnsOf(vectors, 0, count));
  const far = async (count: number): Promise<Matrix> => {
    const leading = columnsOf(vectors, 0, count);
    const mapped = side === 'right' ? await product(source, leading) : await innerProducts(source, leading);
    const { columns } = mapped;
    return { ...mapped, data: mapped.data.map((value, at) => value * (inverses[at % columns] ?? 0)) };
  };
  const alongNear = (columns: Matrix): Promise<Matrix> => innerProducts(vectors, columns);
  const alongFar = async (columns: Matrix): Promise<Matrix> => {
    const mapped = side === 'right' ? await innerProducts(source, columns) : await product(source, columns);
    const along = await innerProducts(vectors, mapped);
    return { ...along, data: along.data.map((value, at) => value * (inverses[Math.floor(at / along.columns)] ?? 0)) };
  };
  return {
    values,
    isComplete: true,
    ...(side === 'right'
      ? { left: far, right: near, alongLeft: alongFar, alongRight: alongNear }
      : { left: near, right: far, alongLeft: alongNear, alongRight: alongFar }),
  };
}
