import type { HookState, LayerGradients, LayerStep } from '../contracts/adapter.ts';
import type { ParameterUpdate } from '../contracts/optimizer.ts';
import type { InitialParameter, TargetLayer } from '../contracts/parameter.ts';
import { RlvrError } from '../errors.ts';
import type { tf } from '../tensor/tf.ts';
import type { InputSpec } from '../tensor/trace.ts';
import { fullParameterName, layerTensors, policyPrefixes, trainableParameters, type Policy } from './policy.ts';
import { fedParameters, type ParameterLookup } from './policyLayers.ts';

type Tensors = Readonly<Record<string, tf.Tensor>>;

/** Prefixes of the inputs and outputs of a training graph that belong to the adapter's hooks. */
export const hookPrefixes = { state: 'hook.', scalar: 'hook-scalar.', metric: 'hook-metric.' } as const;

/** The tensors that the adapter's hooks keep, at their start. */
export function hookStates({ adapter, adapterConfig, plan }: Policy): readonly HookState[] {
  return adapter.hooks?.state?.(adapterConfig, plan) ?? [];
}

/** What the adapter wants to be fed in this step; steps count from 1. */
export function hookScalars(
  { adapter, adapterConfig, plan }: Policy,
  step: number,
  totalSteps: number,
): Readonly<Record<string, number>> {
  return adapter.hooks?.scalars?.(adapterConfig, plan, step, totalSteps) ?? {};
}

/** Inputs of a step's graph for the hooks' state and scalars. */
export function hookInputs(policy: Policy, scalarNames: readonly string[]): Readonly<Record<string, InputSpec>> {
  const states = hookStates(policy).map(({ name, shape }): [string, InputSpec] => [
    hookPrefixes.state + name,
    { shape, dtype: 'float32' },
  ]);
  const scalars = scalarNames.map((name): [string, InputSpec] => [
    hookPrefixes.scalar + name,
    { shape: [], dtype: 'float32' },
  ]);
  return Object.fromEntries([...states, ...scalars]);
}

/** The adapter's penalty term, where it has one. */
export function hookPenalty(policy: Policy, tensors: Tensors, parameter: ParameterLookup): tf.Scalar | undefined {
  const layers = [...policy.targets.values()].map((layer) => layerTensors(policy, layer, tensors, parameter));
  return policy.adapter.hooks?.penalty?.(policy.adapterConfig, layers);
}

/** The gradients as the adapter's hook changes them, in the order of the trained parameters. */
export function transformedGradients(
  policy: Policy,
  tensors: Tensors,
  gradients: readonly tf.Tensor[],
): readonly tf.Tensor[] {
  const hook = policy.adapter.hooks?.transformGradients;
  if (hook === undefined) return gradients;
  const layers = [...policy.targets.values()].map((layer) => layerGradients(policy, layer, tensors, gradients));
  const changed = hook(policy.adapterConfig, layers);
  const trained = trainableParameters(policy);
  refuseUnknown(policy, 'a gradient of', Object.keys(changed), new Set(trained.map(({ name }) => name)));
  return trained.map(({ name }, i) => changed[name] ?? (gradients[i] as tf.Tensor));
}

/** What `afterStep` is given beside the graph's inputs. */
export interface FinishedStep {
  /** After clipping, in the order of the trained parameters. */
  readonly gradients: readonly tf.Tensor[];
  /** What the optimizer made of them, in the same order. */
  readonly updates: readonly ParameterUpdate[];
  readonly scalarNames: readonly string[];
}

/** Runs the adapter's `afterStep`; gives outputs named like the inputs that they replace, and its metrics. */
export function finishStep(policy: Policy, tensors: Tensors, step: FinishedStep): Readonly<Record<string, tf.Tensor>> {
  const hook = policy.adapter.hooks?.afterStep;
  if (hook === undefined) return {};
  const moved = new Map(trainableParameters(policy).map(({ name }, i) => [name, step.updates[i]?.value as tf.Tensor]));
  const layers = [...policy.targets.values()].map((layer): LayerStep<unknown> => {
    const before = layerGradients(policy, layer, tensors, step.gradients);
    return { ...before, after: (name) => moved.get(fullParameterName(policy, layer, name)) ?? before.before(name) };
  });
  const scalar = (name: string): tf.Scalar => tensors[name] as tf.Scalar;
  const result = hook(policy.adapterConfig, layers, {
    learningRate: scalar('learningRate'),
    step: scalar('step'),
    extra: Object.fromEntries(step.scalarNames.map((name) => [name, scalar(hookPrefixes.scalar + name)])),
  });
  const { parameters = {}, state = {}, metrics = {} } = result;
  const movable = policy.parameters.filter((spec) => spec.trainable || spec.movedByHook === true);
  refuseUnknown(policy, 'a parameter', Object.keys(parameters), new Set(movable.map(({ name }) => name)));
  refuseUnknown(policy, 'a state', Object.keys(state), new Set(hookStates(policy).map(({ name }) => name)));
  return {
    ...prefixed(policyPrefixes.parameter, parameters),
    ...prefixed(hookPrefixes.state, state),
    ...prefixed(hookPrefixes.metric, metrics),
  };
}

function prefixed(prefix: string, tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
}

function layerGradients(
  policy: Policy,
  layer: TargetLayer,
  tensors: Tensors,
  gradients: readonly tf.Tensor[],
): LayerGradients<unknown> {
  const { options, weight, parameter } = layerTensors(policy, layer, tensors, fedParameters(tensors));
  const byName = new Map(trainableParameters(policy).map(({ name }: InitialParameter, i) => [name, gradients[i]]));
  return {
    layer,
    options,
    weight,
    before: parameter,
    gradient: (name) => found(byName.get(fullParameterName(policy, layer, name)), 'gradient', layer, name),
    state: (name) =>
      found(
        tensors[`${hookPrefixes.state}${layer.name}.${name}`] ?? tensors[hookPrefixes.state + name],
        'state',
        layer,
        name,
      ),
  };
}

function found(tensor: tf.Tensor | undefined, what: string, layer: TargetLayer, name: string): tf.Tensor {
  if (tensor !== undefined) return tensor;
  throw new RlvrError(
    'tensor/trace',
    `A hook of the adapter asks for the ${what} "${name}" of ${layer.name}; there is none.`,
    {
      name,
      layer: layer.name,
    },
  );
}

function refuseUnknown(policy: Policy, what: string, names: readonly string[], known: ReadonlySet<string>): void {
  const unknown = names.find((name) => !known.has(name));
  if (unknown === undefined) return;
  throw new RlvrError(
    'training/invariant',
    `A hook of the adapter "${policy.adapter.id}" changes ${what} "${unknown}", which is not its to change.`,
    { name: unknown },
  );
}
