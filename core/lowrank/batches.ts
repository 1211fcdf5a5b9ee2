import type { LayerCalibration } from '../contracts/adapter.ts';
import { matrix, type Matrix } from '../linalg/matrix.ts';

/** A layer's calibration as one matrix [rows, columns] a batch. */
export function batchesOf({ values, batchRows }: LayerCalibration, columns: number): readonly Matrix[] {
  const counts = batchRows ?? [values.length / columns];
  let row = 0;
  return counts.map((rows) => {
    const from = row * columns;
    row += rows;
    return matrix(rows, columns, values.subarray(from, from + rows * columns));
  });
}
