import type { Adapter, AdapterPlan } from '../contracts/adapter.ts';
import type { ParameterSpec, TargetLayer } from '../contracts/parameter.ts';
import { randomStream } from '../tensor/random.ts';
import { layerShapes } from './layerShapes.ts';

/** What a configuration would make of a model, as far as no weight of it is needed. */
export interface PlannedParameters {
  readonly plan: AdapterPlan<unknown>;
  /** Those that layers share come first. */
  readonly parameters: readonly ParameterSpec[];
}

/**
 * The parameters that a configuration would make, without values and without calibration: no weight of the model is needed. Methods that
 * move ranks by calibration may make others.
 */
export function plannedParameters(
  adapter: Adapter,
  adapterConfig: unknown,
  targets: readonly TargetLayer[],
): PlannedParameters {
  const plan = adapter.plan(adapterConfig, targets, randomStream(0, 'adapter', 'plan'));
  const own = targets.flatMap((layer) => layerShapes(adapter, layer, plan.layers.get(layer.name)));
  return { plan, parameters: [...plan.shared.map(({ values: _values, ...spec }) => spec), ...own] };
}
