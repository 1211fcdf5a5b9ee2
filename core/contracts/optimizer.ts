import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { ParameterSpec } from './parameter.ts';
import type { ConfigFinding, PluginDescription } from './plugin.ts';

/** A trained parameter at the moment of its update, all tensors of the parameter's shape. */
export interface OptimizedParameter {
  readonly spec: ParameterSpec;
  readonly value: Tensor;
  /** After clipping. */
  readonly gradient: Tensor;
  /** The optimizer's own tensors for this parameter, by slot name. */
  readonly slots: Readonly<Record<string, Tensor>>;
}

/** A slot's name and shape; slots start at zero unless `initial` says otherwise. */
export interface SlotSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial?: number;
}

/** New tensors for one parameter. A slot that is left out keeps its value. */
export interface ParameterUpdate {
  readonly value: Tensor;
  readonly slots: Readonly<Record<string, Tensor>>;
}

/** Numbers of this step, fed to the graph. */
export interface OptimizerScalars {
  /** The schedule's learning rate. */
  readonly learningRate: Scalar;
  /** 1 in the first update. */
  readonly step: Scalar;
}

/** A parameter of the adapter that is not trained, with its value. */
export interface FrozenParameter {
  readonly spec: ParameterSpec;
  readonly value: Tensor;
}

/**
 * A parameter-update rule in tfjs ops, with parameter groups. It sees all trained parameters at once, and the frozen ones, because some
 * rules work on pairs (LoRA-FA). It must return one update for each trained one, in order.
 */
export interface Optimizer<Config = unknown> extends PluginDescription<Config> {
  /** What the rule finds wrong with the parameters that it is to train, before anything starts. */
  check?(config: Config, parameters: readonly ParameterSpec[]): readonly ConfigFinding[];
  slots(config: Config, parameter: ParameterSpec): readonly SlotSpec[];
  update(
    config: Config,
    parameters: readonly OptimizedParameter[],
    scalars: OptimizerScalars,
    frozen: readonly FrozenParameter[],
  ): readonly ParameterUpdate[];
}

/** Container token of the contract of the same name; every plugin of the kind is bound to it. */
export const Optimizer = Symbol.for('rlvr-lab.Optimizer');
