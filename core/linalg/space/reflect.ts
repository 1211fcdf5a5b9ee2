/** A reflector I - tau v vᵀ that maps a vector to (beta, 0, ..., 0). */
export interface Reflection {
  readonly tau: number;
  readonly beta: number;
  /** The first entry of the vector, before. */
  readonly first: number;
}

/** Sums of squares below this have lost digits. */
const SAFE_SQUARE = 1e-250;
const LIFT = 2 ** 600;
/** Vectors below this count as 0: they are as far below rounding as can be, and their inverse might be infinite. */
const NOTHING = 1e-290;

function squaresIn(values: Float64Array, from: number, to: number): number {
  let squares = 0;
  for (let index = from; index < to; index++) squares += (values[index] ?? 0) ** 2;
  return squares;
}

function multiplyBy(values: Float64Array, from: number, to: number, factor: number): void {
  for (let index = from; index < to; index++) values[index] = (values[index] ?? 0) * factor;
}

/**
 * Turns the vector x at `at` ... `end` - 1 into the reflector that maps it to (beta, 0, ..., 0), beta = -sign(x_0) ‖x‖. As in LAPACK's
 * dlarfg, a vector that is 0 after its first entry stays as it is (tau = 0, beta = x_0). Entries must be small enough for the sum of
 * their squares.
 */
export function reflect(values: Float64Array, at: number, end: number): Reflection {
  const isTiny = squaresIn(values, at, end) < SAFE_SQUARE;
  const lift = isTiny ? LIFT : 1;
  if (isTiny) multiplyBy(values, at, end, lift);
  const first = values[at] ?? 0;
  const squares = squaresIn(values, at + 1, end);
  values[at] = 1;
  if (squares === 0) return { tau: 0, beta: first / lift, first: first / lift };
  const size = Math.sqrt(first * first + squares);
  if (size < NOTHING * lift) {
    values.fill(0, at + 1, end);
    return { tau: 0, beta: first / lift, first: first / lift };
  }
  const beta = first >= 0 ? -size : size;
  multiplyBy(values, at + 1, end, 1 / (first - beta));
  return { tau: (beta - first) / beta, beta: beta / lift, first: first / lift };
}
