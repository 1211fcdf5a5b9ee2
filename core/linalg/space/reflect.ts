import type { Space } from './space.ts';

/** A reflector I - tau v vᵀ that maps a vector to (beta, 0, ..., 0). */
export interface Reflection {
  readonly tau: number;
  readonly beta: number;
  /** The first entry of the vector, before. */
  readonly first: number;
}

/**
 * The reflector of the vector at `at` ... `end` - 1, whose entries `from` - `at` in number before `from` are 0 ...
 */
export function reflectHere(space: Space, at: number, end: number): Reflection {
  const { values } = space;
  const first = values[at] ?? 0;
  let squares = 0;
  for (let index = at + 1; index < end; index++) squares += (values[index] ?? 0) ** 2;
  if (squares === 0) {
    values[at] = 1;
    return { tau: 0, beta: first, first };
  }
  const size = Math.sqrt(first * first + squares);
  const beta = first >= 0 ? -size : size;
  const inverse = 1 / (first - beta);
  for (let index = at + 1; index < end; index++) values[index] = (values[index] ?? 0) * inverse;
  values[at] = 1;
  return { tau: (beta - first) / beta, beta, first };
}
