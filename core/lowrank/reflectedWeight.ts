import type { LowRankUpdate, StoredTensor } from '../contracts/adapter.ts';

/** Columns of a row-major matrix [rows, columns] in float64. */
function columnsOf({ values }: StoredTensor, rows: number, columns: number): Float64Array[] {
  return Array.from({ length: columns }, (_, column) =>
    Float64Array.from({ length: rows }, (_, row) => values[row * columns + column] ?? 0),
  );
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

function addScaled(target: Float64Array, source: Float64Array, factor: number): void {
  source.forEach((value, i) => {
    target[i] = (target[i] ?? 0) + factor * value;
  });
}

/** Each column brought to length 1; orthogonal to those before it where that is wanted. */
function unitColumns(vectors: readonly Float64Array[], isOrthogonal: boolean): readonly Float64Array[] {
  const units: Float64Array[] = [];
  for (const vector of vectors) {
    const own = vector.slice();
    for (let pass = 0; pass < 2 && isOrthogonal; pass++) {
      for (const unit of units) addScaled(own, unit, -dot(unit, own));
    }
    const length = Math.sqrt(dot(own, own));
    units.push(own.map((value) => value / length));
  }
  return units;
}

/**
 * W [out, in] times the reflections along the columns of u [in, r], less W, as a product of two factors in float64: A [r, in] has the unit
 * vectors as rows, and column i of B [out, r] is -2 times the weight as the reflections before it left it, times unit vector i.
 */
export function reflectedWeight(
  weight: Float32Array,
  [out, inputs]: readonly [number, number],
  vectors: StoredTensor,
  isOrthogonal: boolean,
): LowRankUpdate {
  const rank = vectors.shape[1] ?? 0;
  const units = unitColumns(columnsOf(vectors, inputs, rank), isOrthogonal);
  const b: Float64Array[] = [];
  for (const [index, unit] of units.entries()) {
    const column = Float64Array.from({ length: out }, (_, row) => {
      let sum = 0;
      for (let i = 0; i < inputs; i++) sum += (weight[row * inputs + i] ?? 0) * (unit[i] ?? 0);
      return -2 * sum;
    });
    // (W + sum of b_j u_j^T) u = W u + sum of b_j (u_j . u)
    for (let before = 0; before < index; before++) {
      const earlier = units[before];
      if (earlier !== undefined) addScaled(column, b[before] ?? column, -2 * dot(earlier, unit));
    }
    b.push(column);
  }
  return {
    a: { shape: [rank, inputs], values: Float32Array.from(units.flatMap((unit) => Array.from(unit))) },
    b: {
      shape: [out, rank],
      values: Float32Array.from({ length: out * rank }, (_, at) => b[at % rank]?.[Math.floor(at / rank)] ?? 0),
    },
    scaling: 1,
  };
}
