import { RlvrError } from '../errors.ts';

/**
 * Checks that a weight holds numbers only.
 *
 * @throws RlvrError `model/invalid-weights` with the tensor's name and the first place of a NaN or an infinity
 */
export function assertFinite(data: Float32Array, tensor: string, source: string): void {
  for (let index = 0; index < data.length; index += 1) {
    const value = data[index];
    if (Number.isFinite(value)) continue;
    const problem = `${source}: tensor ${JSON.stringify(tensor)} holds ${String(value)} at index ${index}; expected finite numbers`;
    throw new RlvrError('model/invalid-weights', problem, { path: source, tensor, index });
  }
}
