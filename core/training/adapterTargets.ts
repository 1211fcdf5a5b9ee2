import type { Adapter } from '../contracts/adapter.ts';
import type { TargetLayer } from '../contracts/parameter.ts';
import { RlvrError } from '../errors.ts';
import { biasedModules } from '../model/baseLayers.ts';
import { decoderParameters } from '../model/decoderParameters.ts';
import type { DecoderConfig } from '../model/modelConfig.ts';

/** The layers of a model that an adapter can attach to, in the model's order. */
export function targetLayers(config: DecoderConfig): readonly TargetLayer[] {
  const biased = biasedModules(config);
  return decoderParameters(config).flatMap((parameter): TargetLayer[] => {
    if (parameter.kind === 'bias') return [];
    const { module: name, kind, shape, layer } = parameter;
    const module = name.slice(name.lastIndexOf('.') + 1);
    return [{ name, module, kind, shape, hasBias: biased.has(name), ...(layer === undefined ? {} : { block: layer }) }];
  });
}

/**
 * The layers that an adapter's configuration names, once the adapter's own checks have passed; `totalSteps` are those of the run, where
 * there is one. No weight is needed.
 *
 * @throws RlvrError `adapter/no-target`, `adapter/invalid`
 */
export function adapterTargets(
  adapter: Adapter,
  adapterConfig: unknown,
  model: DecoderConfig,
  totalSteps?: number,
): readonly TargetLayer[] {
  const targets = adapter.targets(adapterConfig, targetLayers(model));
  const refused = adapter.check?.(adapterConfig, targets, totalSteps).find(({ severity }) => severity === 'error');
  if (refused === undefined) return targets;
  throw new RlvrError('adapter/invalid', `adapter.${refused.path}: ${refused.message}`, { path: refused.path });
}
