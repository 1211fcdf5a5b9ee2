import type { Adapter } from '../contracts/adapter.ts';
import type { ParameterSpec } from '../contracts/parameter.ts';
import { RlvrError } from '../errors.ts';
import { firstProblems } from '../firstProblems.ts';
import type { DecoderConfig } from '../model/modelConfig.ts';
import { adapterTargets } from './adapterTargets.ts';
import { plannedParameters } from './plannedParameters.ts';
import type { Policy } from './policy.ts';
import { restorePolicy } from './storedPolicy.ts';
import { readTrainingState, type TrainingState } from './trainingState.ts';

/**
 * The policy as a checkpoint's folder has it, at the values that were trained. Nothing is planned or decomposed again.
 *
 * @throws RlvrError `run/corrupt` where the folder is of another adapter or model, or not whole
 */
export function trainedPolicy(model: DecoderConfig, adapter: Adapter, adapterConfig: unknown, folder: string): Policy {
  return endOf(model, adapter, adapterConfig, readTrainingState(folder));
}

/** The policy at the values that a training has come to. */
function endOf(
  model: DecoderConfig,
  adapter: Adapter,
  adapterConfig: unknown,
  { policy, state }: TrainingState,
): Policy {
  return restorePolicy(model, adapter, adapterConfig, { ...policy, values: state.parameters });
}

/**
 * A policy that starts where another training, or an adapter from elsewhere, has ended: with the parameters and replaced weights of `end`.
 * Optimizer and hooks begin anew. `origin` says in words where it comes from. Dropout and what else does not touch the parameters is the
 * new configuration's.
 *
 * @throws RlvrError `run/corrupt` where the state is another adapter's or model's; `adapter/invalid` where the configuration makes other
 *   parameters
 */
export function startingPolicy(
  model: DecoderConfig,
  adapter: Adapter,
  adapterConfig: unknown,
  end: TrainingState,
  origin: string,
): Policy {
  const stored = { ...endOf(model, adapter, adapterConfig, end), startsFrom: origin };
  // Ranks that calibration has moved cannot be planned again without it.
  if (adapter.calibration?.(adapterConfig) !== undefined) return stored;
  const targets = adapterTargets(adapter, adapterConfig, model);
  const { plan, parameters } = plannedParameters(adapter, adapterConfig, targets);
  checkSame(parameters, stored.parameters, origin);
  return { ...stored, plan: { layers: plan.layers, shared: stored.plan.shared } };
}

/** What the configuration would make must be what the folder holds. */
function checkSame(planned: readonly ParameterSpec[], stored: readonly ParameterSpec[], origin: string): void {
  const described = ({ shape, scaling, trainable }: ParameterSpec): string =>
    `[${shape.join(', ')}], scaling ${scaling}${trainable ? '' : ', frozen'}`;
  const found = new Map(stored.map((spec) => [spec.name, described(spec)]));
  const wanted = new Map(planned.map((spec) => [spec.name, described(spec)]));
  const names = [...new Set([...wanted.keys(), ...found.keys()])];
  const differences = names
    .filter((name) => wanted.get(name) !== found.get(name))
    .map(
      (name) => `${name}: the experiment has ${wanted.get(name) ?? 'none'}, ${origin} has ${found.get(name) ?? 'none'}`,
    );
  if (differences.length === 0) return;
  throw new RlvrError(
    'adapter/invalid',
    `The run cannot start from ${origin}, whose parameters are others: ${firstProblems(differences, 3)}. ` +
      'Give the experiment the same adapter options.',
    { origin, differences: differences.slice(0, 10) },
  );
}
