import { RlvrError } from '../errors.ts';
import { readReplacedWeights, readTrainingState } from './trainingState.ts';
import type { Policy } from './policy.ts';

/**
 * A policy that starts where another training, or an adapter from elsewhere, has ended: with the parameters and replaced weights of
 * `folder`, as `writeTrainingState` wrote them. Optimizer and hooks begin anew. `origin` says in words where it comes from.
 *
 * @throws RlvrError `run/corrupt` where the folder does not hold the state of this policy
 */
export function startingPolicy(policy: Policy, folder: string, origin: string): Policy {
  const { parameters } = readTrainingState(folder, policy);
  const replaced = readReplacedWeights(folder);
  for (const [name, values] of replaced) {
    const size = policy.targets.get(name)?.shape.reduce((product, side) => product * side, 1);
    if (size === values.length) continue;
    const message = `${folder} holds a weight for ${name}, which this experiment's adapter does not adapt in that shape.`;
    throw new RlvrError('run/corrupt', message, { folder, layer: name });
  }
  return {
    ...policy,
    startsFrom: origin,
    parameters: policy.parameters.map((spec) => ({ ...spec, values: parameters.get(spec.name) ?? spec.values })),
    replaced,
  };
}
