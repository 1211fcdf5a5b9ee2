import type { TargetLayer } from '../contracts/parameter.ts';
import { RlvrError } from '../errors.ts';

/** [out, in] of a layer whose weight is a matrix. */
export function matrixShape(layer: TargetLayer): readonly [out: number, inputs: number] {
  const [out, inputs] = layer.shape;
  if (layer.shape.length !== 2 || out === undefined || inputs === undefined) {
    throw new RlvrError('adapter/invalid', `${layer.name} [${layer.shape.join(', ')}] has no weight matrix.`, {
      layer: layer.name,
    });
  }
  return [out, inputs];
}
