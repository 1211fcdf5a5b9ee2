import type { Adapter } from '../contracts/adapter.ts';
import type { ParameterSpec, TargetLayer } from '../contracts/parameter.ts';
import { randomStream } from '../tensor/random.ts';
import { layerShapes } from './layerShapes.ts';

/**
 * The parameters that a configuration would make, without values and without calibration: no weight of the model is needed. Methods that
 * move ranks by calibration may make others.
 */
export function plannedParameters(
  adapter: Adapter,
  adapterConfig: unknown,
  targets: readonly TargetLayer[],
): readonly ParameterSpec[] {
  const { layers, shared } = adapter.plan(adapterConfig, targets, randomStream(0, 'adapter', 'plan'));
  const own = targets.flatMap((layer) => layerShapes(adapter, layer, layers.get(layer.name)));
  return [...shared.map(({ values: _values, ...spec }) => spec), ...own];
}
