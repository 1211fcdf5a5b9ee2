import { RlvrError } from '../errors.ts';

/**
 * Checks that a weight holds numbers only.
 *
 * @throws RlvrError `model/invalid-weights` with the tensor's name and the first place of a NaN or an infinity
 */
export function assertFinite(data: Float32Array, tensor: string, source: string): void {
  const index = data.findIndex((value) => !Number.isFinite(value));
  if (index < 0) return;
  const problem = `${source}: tensor ${JSON.stringify(tensor)} holds ${data[index] ?? NaN} at index ${index}; expected finite numbers`;
  throw new RlvrError('model/invalid-weights', problem, { path: source, tensor, index });
}
