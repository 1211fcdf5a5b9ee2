import type { LayerTensors, MergedLayer } from '../contracts/adapter.ts';
import type { tf } from '../tensor/tf.ts';

/** A layer with a new weight and the bias that it had. */
export function mergedLayer(weight: tf.Tensor, { bias }: Pick<LayerTensors<unknown>, 'bias'>): MergedLayer {
  return bias === undefined ? { weight } : { weight, bias };
}
