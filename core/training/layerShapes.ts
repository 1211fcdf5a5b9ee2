import type { Adapter } from '../contracts/adapter.ts';
import type { ParameterSpec, TargetLayer } from '../contracts/parameter.ts';
import { randomStream } from '../tensor/random.ts';
import { valueCount } from '../valueCount.ts';

/** What an adapter adds to one layer, without values: no weight of the model is needed. */
export function layerShapes(adapter: Adapter, layer: TargetLayer, options: unknown): readonly ParameterSpec[] {
  if (adapter.shapes !== undefined) return adapter.shapes(layer, options);
  const [rows = 0] = layer.shape;
  const { parameters } = adapter.attach({
    layer,
    options,
    weight: new Float32Array(valueCount(layer.shape)),
    random: randomStream(0, 'shapes', layer.name),
    ...(layer.hasBias ? { bias: new Float32Array(rows) } : {}),
  });
  return parameters.map(({ values: _values, ...spec }) => spec);
}
