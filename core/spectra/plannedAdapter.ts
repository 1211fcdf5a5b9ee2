import type { StoredTensor } from '../contracts/adapter.ts';
import type { ParameterSpec, TargetLayer } from '../contracts/parameter.ts';
import { RlvrError } from '../errors.ts';
import { checkParameters } from '../exchange/checkParameters.ts';
import type { ReadAdapter } from '../exchange/readPeftAdapter.ts';
import type { DecoderConfig } from '../model/modelConfig.ts';
import { randomStream } from '../tensor/random.ts';
import { adapterTargets } from '../training/adapterTargets.ts';
import { layerShapes } from '../training/layerShapes.ts';
import type { AdapterLayer, TrainedAdapter } from './adapterSource.ts';

/**
 * An adapter that was read from a folder, put on a base of which no weight has been read yet. Parameters that the folder does not hold are
 * those of the method's start.
 *
 * @throws RlvrError `adapter/no-target`, `adapter/invalid` where its parameters are not those of this base, naming the first differences
 */
export function importedAdapter(model: DecoderConfig, read: ReadAdapter, origin: string): TrainedAdapter {
  const planned = plannedAdapter(model, { ...read, seed: 0 }, origin);
  const { adapter, plan, targets } = planned;
  checkParameters(
    origin,
    read.parameters,
    targets,
    (layer) => layerShapes(adapter, layer, plan.layers.get(layer.name)),
    plan.shared,
  );
  return {
    ...planned,
    layer: (target, weight, bias) => {
      const layer = planned.layer(target, weight, bias);
      if (layer.replaced !== undefined) throw withoutResidual(origin, target);
      return layer;
    },
  };
}

/** An adapter with its configuration, and what is known of its values by name; the rest is what the method starts with. */
export interface PlannedAdapter extends Pick<ReadAdapter, 'adapter' | 'config'> {
  readonly parameters: ReadonlyMap<string, StoredTensor>;
  readonly seed: number;
}

/** The adapter of an experiment before its first step, or with values from elsewhere. Layers are attached when their turn comes. */
export function plannedAdapter(
  model: DecoderConfig,
  { adapter, config, parameters, seed }: PlannedAdapter,
  origin: string,
): TrainedAdapter {
  const targets = adapterTargets(adapter, config, model);
  const plan = adapter.plan(config, targets, randomStream(seed, 'adapter', 'plan'));
  const valuesOf = (specs: readonly (ParameterSpec & StoredTensor)[]): readonly (ParameterSpec & StoredTensor)[] =>
    specs.map((spec) => ({ ...spec, ...parameters.get(spec.name) }));
  return {
    adapter,
    plan,
    targets,
    shared: new Map(valuesOf(plan.shared).map((spec) => [spec.name, spec])),
    origin,
    layer: (layer, weight, bias): AdapterLayer => {
      const options = plan.layers.get(layer.name);
      const random = randomStream(seed, 'adapter', layer.name);
      const attached = adapter.attach({ layer, options, weight, random, ...(bias === undefined ? {} : { bias }) });
      return { parameters: valuesOf(attached.parameters), replaced: attached.replacedWeight };
    },
  };
}

function withoutResidual(origin: string, { name }: TargetLayer): RlvrError {
  const message =
    `The adapter in ${origin} was trained on weights that its method put in place of the base's (of ${name} and others), and the ` +
    'folder does not hold them: on the original base it is another model. Convert it to plain LoRA where it was trained.';
  return new RlvrError('adapter/invalid', message, { path: origin, layer: name });
}
