/** What a parameter is to its method; optimizers form groups and pairs by it. */
export type ParameterRole =
  'weight' | 'bias' | 'norm' | 'embedding' | 'lora_A' | 'lora_B' | 'lora_E' | 'magnitude' | 'vector' | 'matrix';

/** A layer of the model that an adapter can attach to. */
export interface TargetLayer {
  /** Hugging Face name without `.weight`, for example `model.layers.0.self_attn.q_proj`. */
  readonly name: string;
  /** Last part of the name, for example `q_proj`. */
  readonly module: string;
  readonly kind: 'linear' | 'norm' | 'embedding';
  /** Of the weight: [out, in] for linear, [vocabulary, hidden] for embedding, [hidden] for norm. */
  readonly shape: readonly number[];
  readonly hasBias: boolean;
  /** Index of the decoder block, where it lies in one. */
  readonly block?: number;
}

/** A tensor that an adapter adds to (or trains in) the model. */
export interface ParameterSpec {
  /** Unique within the run: layer name and the method's own name, for example `model.layers.0.mlp.up_proj.lora_A`. */
  readonly name: string;
  readonly role: ParameterRole;
  readonly shape: readonly number[];
  readonly trainable: boolean;
  /** Not trained, but given new values by the method's `afterStep` hook (the position of a moving slice). */
  readonly movedByHook?: boolean;
  /** The layer it belongs to; undefined for a tensor that layers share. */
  readonly layer?: TargetLayer;
  /** The factor with which the layer's update enters the weight (alpha / r); 1 where the method has none. */
  readonly scaling: number;
}

/** A parameter with its initial values, row-major. */
export interface InitialParameter extends ParameterSpec {
  readonly values: Float32Array;
}
