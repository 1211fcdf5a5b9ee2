/** Values of adjacent columns of a row-major matrix [rows, columns], around its end: [rows, count]. */
export function columnsAt(
  values: Float32Array,
  [rows, columns]: readonly [number, number],
  start: number,
  count: number,
): Float32Array {
  return Float32Array.from({ length: rows * count }, (_, at) => {
    return values[Math.floor(at / count) * columns + ((start + (at % count)) % columns)] ?? 0;
  });
}

/** The same for rows: [count, columns]. */
export function rowsAt(
  values: Float32Array,
  [rows, columns]: readonly [number, number],
  start: number,
  count: number,
): Float32Array {
  return Float32Array.from({ length: count * columns }, (_, at) => {
    return values[((start + Math.floor(at / columns)) % rows) * columns + (at % columns)] ?? 0;
  });
}

/** Row k has a 1 at (start + k) mod `size`, zeros elsewhere: [count, size]. */
export function unitRows(start: number, count: number, size: number): Float32Array {
  const values = new Float32Array(count * size);
  for (let row = 0; row < count; row++) values[row * size + ((start + row) % size)] = 1;
  return values;
}
