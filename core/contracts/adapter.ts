import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { OptimizerScalars } from './optimizer.ts';
import type { InitialParameter, ParameterSpec, TargetLayer } from './parameter.ts';
import type { ConfigFinding, PluginDescription } from './plugin.ts';
import type { RandomNumbers } from './randomNumbers.ts';

/**
 * Data of the base model on a few batches that an initialisation may ask for (EVA, CorDA: activations; LoRA-GA: gradients). Only linear
 * layers get any.
 */
export interface CalibrationRequest {
  readonly kind: 'activations' | 'gradients';
  /** How many batches the method needs at most. */
  readonly batches: number;
}

/** Calibration of one layer: rows of inputs [samples, in], or the mean gradient [out, in]. */
export interface LayerCalibration {
  readonly kind: CalibrationRequest['kind'];
  readonly values: Float32Array;
  /** How many of the rows each batch gave, in order; where it is left out, all rows are one batch. */
  readonly batchRows?: readonly number[];
}

/** What `plan` decides after it has seen every target at once. */
export interface AdapterPlan<LayerOptions> {
  /**
   * Options of each adapted layer (rank, scaling, ...), keyed by layer name, in the model's order. Checkpoints keep them as JSON: finite
   * numbers, text, true, false, lists and plain objects. Typed arrays are for `attach` alone and are not kept.
   */
  readonly layers: ReadonlyMap<string, LayerOptions>;
  /** Tensors that layers share (VeRA's projections); each is stored once. */
  readonly shared: readonly InitialParameter[];
}

/** All that `attach` may look at to give one layer its initial values. */
export interface AttachContext<LayerOptions> {
  readonly layer: TargetLayer;
  readonly options: LayerOptions;
  /** The base weight, row-major, shaped as `layer.shape`; never to be written to. */
  readonly weight: Float32Array;
  /** The base bias, where the layer has one; never to be written to. */
  readonly bias?: Float32Array;
  /** A stream of random numbers of this layer's own. */
  readonly random: RandomNumbers;
  readonly calibration?: LayerCalibration;
}

/** One layer's initial state. */
export interface AttachedLayer {
  readonly parameters: readonly InitialParameter[];
  /** A new frozen weight in place of the base's (PiSSA's residual). It is stored with every checkpoint. */
  readonly replacedWeight?: Float32Array;
}

/** One adapted layer inside a traced function: its frozen tensors, its parameters, and nothing of other layers. */
export interface LayerTensors<LayerOptions> {
  readonly layer: TargetLayer;
  readonly options: LayerOptions;
  /** Frozen weight: the base's, or what replaced it. [out, in], [vocabulary, hidden] or [hidden]. */
  readonly weight: Tensor;
  /** Frozen bias [out] of a linear layer, where it has one. */
  readonly bias?: Tensor1D;
  /** Parameter of this layer by its short name (the part after the layer's name), or a shared one by its full name. */
  parameter(name: string): Tensor;
  /**
   * Inverted dropout on a linear layer's inputs [tokens, in] while training; the identity otherwise. One mask for each layer and
   * micro-batch, so a layer has one rate.
   */
  dropout(x: Tensor2D, rate: number): Tensor2D;
}

/** A layer's weight with the adapter folded in. */
export interface MergedLayer {
  readonly weight: Tensor;
  readonly bias?: Tensor1D;
}

/** A tensor that a hook keeps from step to step, with its values at the start, row-major. It is part of every checkpoint. */
export interface HookState {
  /** Unique within the run: the layer's name and a name of its own, or any name for a tensor that layers share. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A layer's tensors before the optimizer's step. Names are short ones, or full ones of what layers share. */
export interface LayerGradients<LayerOptions> {
  readonly layer: TargetLayer;
  readonly options: LayerOptions;
  /** Frozen weight: the base's, or what replaced it. */
  readonly weight: Tensor;
  /** Values of before the step, trained or frozen. */
  before(name: string): Tensor;
  /** Gradients of trained parameters; in `afterStep` they are clipped. */
  gradient(name: string): Tensor;
  /** The hook's own persistent tensors. */
  state(name: string): Tensor;
}

/** A layer's tensors once the optimizer has moved the parameters. */
export interface LayerStep<LayerOptions> extends LayerGradients<LayerOptions> {
  /** Values of after the step; of a frozen parameter, those of before. */
  after(name: string): Tensor;
}

/** Numbers of a step that hooks are fed; they are never traced as constants. */
export interface HookScalars extends OptimizerScalars {
  /** What `scalars` gave for this step, by name. */
  readonly extra: Readonly<Record<string, Scalar>>;
}

/**
 * What `afterStep` changes: new values of parameters (trained, or frozen and marked `movedByHook`) and of its own state, by full name;
 * metrics by name, logged under `adapter/`. What is left out stays as it is.
 */
export interface AfterStep {
  readonly parameters?: Readonly<Record<string, Tensor>>;
  readonly state?: Readonly<Record<string, Tensor>>;
  readonly metrics?: Readonly<Record<string, Scalar>>;
}

/** Step hooks with persistent state of their own (AdaLoRA's importances, SliceFine's position). They see all layers at once. */
export interface AdapterHooks<Config, LayerOptions> {
  /** Names, shapes and starting values of the state that `afterStep` keeps. */
  state?(config: Config, plan: AdapterPlan<LayerOptions>): readonly HookState[];
  /** Scalars computed outside the graph for a step (AdaLoRA's budget), fed by name. Steps count from 1; every step gives the same names. */
  scalars?(
    config: Config,
    plan: AdapterPlan<LayerOptions>,
    step: number,
    totalSteps: number,
  ): Readonly<Record<string, number>>;
  /** Added to the loss, already weighted; once an optimizer step, however many micro-batches it has. */
  penalty?(config: Config, layers: readonly LayerTensors<LayerOptions>[]): Scalar;
  /** Replaces gradients before clipping, by full parameter name. */
  transformGradients?(
    config: Config,
    layers: readonly LayerGradients<LayerOptions>[],
  ): Readonly<Record<string, Tensor>>;
  /** Runs inside the graph once the optimizer has moved the parameters. */
  afterStep?(config: Config, layers: readonly LayerStep<LayerOptions>[], scalars: HookScalars): AfterStep;
}

/** A parameter by name with its current values, for conversion to and from files. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** An adapter as Hugging Face PEFT stores it: `adapter_config.json` and the tensors of `adapter_model.safetensors`. */
export interface PeftAdapter {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** What an adapter of PEFT's means here. */
export interface PeftImport<Config> {
  readonly config: Config;
  /** By full parameter name. Parameters that PEFT does not store keep what `plan` and `attach` gave them. */
  readonly parameters: ReadonlyMap<string, StoredTensor>;
}

/** Why a method does not read an adapter of PEFT's, in words: it is of another method, or it uses an option that this one does not have. */
export interface PeftRefusal {
  readonly refused: string;
}

/** One layer's tensors as plain arrays, for conversions outside a graph. */
export interface LayerValues<LayerOptions> {
  readonly layer: TargetLayer;
  readonly options: LayerOptions;
  /** The original base weight, row-major; never to be written to. */
  readonly base: Float32Array;
  /** Parameter of this layer by its short name, or a shared one by its full name. */
  parameter(name: string): StoredTensor;
}

/** dW = scaling * B A, row-major. */
export interface LowRankUpdate {
  /** [rank, in]. */
  readonly a: StoredTensor;
  /** [out, rank]. */
  readonly b: StoredTensor;
  readonly scaling: number;
}

/**
 * One PEFT method: how frozen weights and a few trained tensors make a layer. Names and defaults of its configuration are those of
 * Hugging Face PEFT's config class. `plan` sees all targets once; `attach` gives each layer its values; `merged` and `forward` say, in
 * tfjs ops, what the layer computes.
 */
export interface Adapter<Config = unknown, LayerOptions = unknown> extends PluginDescription<Config> {
  /** What the adapted layer computes, in one line of text: `W + s B A, s = alpha / r`. */
  readonly formula: string;
  /** The optimizer that belongs to the method, where it has one: used when none is named, and no other is accepted. */
  readonly optimizer?: string;
  /** Configurations beside the default one that the conformance suite tries, at ranks that layers of 8 to 12 features have room for. */
  readonly examples?: readonly Readonly<Record<string, unknown>>[];
  /** What the method leaves out of its gradient on purpose, so that finite differences disagree (DoRA's norm), in words. */
  readonly partialGradient?: string;
  /** Whether the adapted model equals the base before the first step. */
  isIdentityAtStart(config: Config): boolean;
  /** Whether `forward` drops inputs while training: then what samples and what is trained are two policies. */
  usesDropout?(config: Config): boolean;
  /** Which layers of `layers` the configuration names, in order. Throws `adapter/no-target` when there is none. */
  targets(config: Config, layers: readonly TargetLayer[]): readonly TargetLayer[];
  /** What calibration the configuration wants before `attach`, if any. */
  calibration?(config: Config): CalibrationRequest | undefined;
  /** Sees every target's shape (and calibration) and decides each layer's options and the shared tensors. */
  plan(
    config: Config,
    targets: readonly TargetLayer[],
    random: RandomNumbers,
    calibration?: ReadonlyMap<string, LayerCalibration>,
  ): AdapterPlan<LayerOptions>;
  /** Initial values of one layer. Their names begin with the layer's. */
  attach(context: AttachContext<LayerOptions>): AttachedLayer;
  /**
   * The parameters that `attach` gives a layer, without values: enough to count them, and to read them from a checkpoint. Given where
   * `attach` decomposes or copies weights or needs calibration; where it is left out, whoever needs shapes calls `attach` on zeros.
   */
  shapes?(layer: TargetLayer, options: LayerOptions): readonly ParameterSpec[];
  /** The layer's weight (and bias) with the adapter folded in, out of place. */
  merged(layer: LayerTensors<LayerOptions>): MergedLayer;
  /**
   * A linear layer's output for x [tokens, in] -> [tokens, out], bias included. Left out where the layer with its merged weight is as good
   * (the caller then applies `merged`, and gradients flow through it); must be given where dropout acts between x and the adapter. Layers
   * of other kinds always use `merged`.
   */
  forward?(layer: LayerTensors<LayerOptions>, x: Tensor2D): Tensor2D;
  /** The layer's update as plain LoRA on the original base, exactly. Left out by methods that have no such form. */
  loraForm?(values: LayerValues<LayerOptions>): LowRankUpdate | undefined;
  /** What the method does beside the layers' own forward and backward, once an optimizer step. */
  readonly hooks?: AdapterHooks<Config, LayerOptions>;
  /** The method's own checks of a configuration against the layers it would adapt, and the steps of the run where they are known. */
  check?(config: Config, targets: readonly TargetLayer[], totalSteps?: number): readonly ConfigFinding[];
  /** The `peft_type` of the adapters of PEFT's that `fromPeft` reads; left out by methods that PEFT does not have. */
  readonly peftType?: string;
  /** As PEFT would save it; undefined where PEFT cannot express the method exactly. */
  toPeft(
    config: Config,
    parameters: readonly (ParameterSpec & StoredTensor)[],
    baseModel: string,
  ): PeftAdapter | undefined;
  /** Reads what PEFT saved, or says why not: several methods share a type of PEFT's, and whoever loads an adapter asks each of them. */
  fromPeft(adapter: PeftAdapter): PeftImport<Config> | PeftRefusal;
}

/** Container token of the contract of the same name; every plugin of the kind is bound to it. */
export const Adapter = Symbol.for('rlvr-lab.Adapter');
