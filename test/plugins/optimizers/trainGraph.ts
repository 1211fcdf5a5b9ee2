import type { TensorData } from '../../../core/tensor/compile.ts';
import { compile } from '../../../core/tensor/compile.ts';
import { tf } from '../../../core/tensor/tf.ts';
import type { InputSpec } from '../../../core/tensor/trace.ts';
import {
  finishStep,
  hookInputs,
  hookPenalty,
  hookPrefixes,
  hookStates,
  transformedGradients,
} from '../../../core/training/adapterHooks.ts';
import { policyPrefixes, trainableParameters } from '../../../core/training/policy.ts';
import { slotName, stepPrefixes } from '../../../core/training/stepGraph.ts';
import { evaluateNet, netInputs } from '../adapters/netBench.ts';
import type { Feeds, Tensors } from '../adapters/netBench.ts';
import type { TrainBench } from './trainCases.ts';

/** What a step is fed beside the state. */
export interface StepNumbers {
  readonly step: number;
  readonly learningRate: number;
  readonly scalars: Readonly<Record<string, number>>;
}

/** Steps of a case in one graph, in the order that the trainer has: optimizer, then the adapter's hook. */
export interface TrainGraph {
  /** Parameters, optimizer slots and states of hooks at the start, by the names of the graph's inputs. */
  readonly start: Feeds;
  /**
   * One step from a state with PEFT's gradients, by parameter. Gives new values by the names of inputs, `updated PARAMETER` as the
   * optimizer left it, and of before the step `loss`, `penalty`, `y LAYER`, `grad PARAMETER`.
   */
  run(state: Feeds, gradients: Feeds, numbers: StepNumbers): Promise<Feeds>;
  release(): Promise<void>;
}

const fedGradient = 'fed ';

function slotsOf({
  policy,
  optimizer,
  optimizerConfig,
}: TrainBench): readonly (readonly [string, readonly number[], number])[] {
  return trainableParameters(policy).flatMap((spec) =>
    optimizer
      .slots(optimizerConfig, spec)
      .map(({ name, shape, initial = 0 }) => [slotName(spec.name, name), shape, initial] as const),
  );
}

function updates(
  { policy, optimizer, optimizerConfig }: TrainBench,
  tensors: Tensors,
  gradients: readonly tf.Tensor[],
) {
  const parameters = trainableParameters(policy).map((spec, i) => ({
    spec,
    value: tensors[policyPrefixes.parameter + spec.name]!,
    gradient: gradients[i]!,
    slots: Object.fromEntries(
      optimizer.slots(optimizerConfig, spec).map(({ name }) => [name, tensors[slotName(spec.name, name)]!]),
    ),
  }));
  const frozen = policy.parameters
    .filter(({ trainable }) => !trainable)
    .map((spec) => ({ spec, value: tensors[policyPrefixes.parameter + spec.name]! }));
  const scalars = { learningRate: tensors['learningRate'] as tf.Scalar, step: tensors['step'] as tf.Scalar };
  return optimizer.update(optimizerConfig, parameters, scalars, frozen);
}

function takeStep(bench: TrainBench, scalarNames: readonly string[], tensors: Tensors): Record<string, tf.Tensor> {
  const { net, policy } = bench;
  const trained = trainableParameters(policy);
  let penalty: tf.Scalar | undefined;
  const evaluated = evaluateNet(net, policy, tensors, (parameter) => {
    penalty = tf.keep(hookPenalty(policy, tensors, parameter) ?? tf.scalar(0));
    return penalty;
  });
  const given = trained.map(({ name }) => tensors[fedGradient + name]!);
  const gradients = transformedGradients(policy, tensors, given);
  const made = updates(bench, tensors, gradients);
  const values = trained.flatMap(({ name }, i) => [
    [stepPrefixes.parameter + name, made[i]!.value] as const,
    [`updated ${name}`, made[i]!.value] as const,
    ...Object.entries(made[i]!.slots).map(([slot, tensor]) => [slotName(name, slot), tensor] as const),
  ]);
  const finished = finishStep(policy, tensors, { gradients, updates: made, scalarNames });
  return { ...evaluated, penalty: penalty!, ...Object.fromEntries(values), ...finished };
}

/** Traces a step of a case. */
export async function compileTraining(bench: TrainBench, scalarNames: readonly string[]): Promise<TrainGraph> {
  const { net, policy } = bench;
  const slots = slotsOf(bench);
  const states = hookStates(policy);
  const float = (shape: readonly number[]): InputSpec => ({ shape, dtype: 'float32' });
  const inputs: Record<string, InputSpec> = {
    ...netInputs(net, policy),
    ...hookInputs(policy, scalarNames),
    ...Object.fromEntries(slots.map(([name, shape]) => [name, float(shape)])),
    ...Object.fromEntries(trainableParameters(policy).map(({ name, shape }) => [fedGradient + name, float(shape)])),
    learningRate: float([]),
    step: float([]),
  };
  const graph = await compile(inputs, (tensors) => takeStep(bench, scalarNames, tensors));
  const fixed: Feeds = {
    ...net.feeds,
    ...Object.fromEntries([...policy.replaced].map(([name, values]) => [policyPrefixes.replaced + name, values])),
  };
  const size = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);
  return {
    start: Object.fromEntries([
      ...policy.parameters.map(({ name, values }) => [policyPrefixes.parameter + name, values] as const),
      ...slots.map(([name, shape, initial]) => [name, new Float32Array(size(shape)).fill(initial)] as const),
      ...states.map(({ name, values }) => [hookPrefixes.state + name, values] as const),
    ]),
    run: async (state, gradients, { step, learningRate, scalars }) => {
      const feeds: Record<string, TensorData> = {
        ...fixed,
        ...state,
        step: Float32Array.of(step),
        learningRate: Float32Array.of(learningRate),
      };
      for (const [name, values] of Object.entries(gradients)) feeds[fedGradient + name] = values;
      for (const name of scalarNames) feeds[hookPrefixes.scalar + name] = Float32Array.of(scalars[name]!);
      const results = await graph.run(feeds);
      return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
    },
    release: () => graph.release(),
  };
}
