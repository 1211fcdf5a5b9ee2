import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { ParameterSpec } from './parameter.ts';
import type { PluginDescription } from './plugin.ts';

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

/**
 * A parameter-update rule in tfjs ops, with parameter groups. It sees all parameters at once, because some rules work on pairs (LoRA-FA)
 * and it must return one update for each, in order.
 */
export interface Optimizer<Config = unknown> extends PluginDescription<Config> {
  slots(config: Config, parameter: ParameterSpec): readonly SlotSpec[];
  update(
    config: Config,
    parameters: readonly OptimizedParameter[],
    scalars: OptimizerScalars,
  ): readonly ParameterUpdate[];
}

/** Container token of the contract of the same name; every plugin of the kind is bound to it. */
export const Optimizer = Symbol.for('rlvr-lab.Optimizer');
