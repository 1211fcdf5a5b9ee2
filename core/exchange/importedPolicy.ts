import { RlvrError } from '../errors.ts';
import { assertFinite } from '../model/assertFinite.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { createPolicy, type Policy } from '../training/policy.ts';
import { checkParameters } from './checkParameters.ts';
import type { ReadAdapter } from './readPeftAdapter.ts';

/**
 * A policy that starts with an adapter from elsewhere. `folder` names it in messages.
 *
 * @throws RlvrError `adapter/invalid` where the parameters are not those of this base, naming the first differences, or where the method
 *   would put another weight in place of the base's, which the folder does not hold
 */
export function importedPolicy(
  checkpoint: Checkpoint,
  { adapter, config, parameters }: ReadAdapter,
  folder: string,
): Policy {
  const fresh = createPolicy(checkpoint, adapter, config, 0);
  const [shared, own] = [
    fresh.parameters.filter(({ layer }) => layer === undefined),
    fresh.parameters.filter(({ layer }) => layer !== undefined),
  ];
  const specsOf = ({ name }: { readonly name: string }): typeof own => own.filter(({ layer }) => layer?.name === name);
  checkParameters(folder, parameters, [...fresh.targets.values()], specsOf, shared);
  if (fresh.replaced.size > 0) {
    const [layer = ''] = fresh.replaced.keys();
    const message =
      `The adapter in ${folder} was trained on weights that its method put in place of the base's (of ${layer} and others), and the ` +
      'folder does not hold them: on the original base it is another model. Convert it to plain LoRA where it was trained.';
    throw new RlvrError('adapter/invalid', message, { path: folder, layer });
  }
  for (const [name, { values }] of parameters) assertFinite(values, name, folder);
  return {
    ...fresh,
    startsFrom: folder,
    parameters: fresh.parameters.map((spec) => ({ ...spec, values: parameters.get(spec.name)?.values ?? spec.values })),
  };
}
