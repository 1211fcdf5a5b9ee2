/** Sizes of a Qwen2 decoder; names are those of its config.json. */
export interface BaseDimensions {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
}

/** The models that the recipe makes, for scaling experiments: about 0.2, 0.8 and 3.2 million parameters. */
export const baseSizes = {
  small: {
    hidden_size: 64,
    intermediate_size: 192,
    num_hidden_layers: 4,
    num_attention_heads: 2,
    num_key_value_heads: 1,
  },
  base: {
    hidden_size: 128,
    intermediate_size: 384,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    num_key_value_heads: 2,
  },
  medium: {
    hidden_size: 256,
    intermediate_size: 768,
    num_hidden_layers: 4,
    num_attention_heads: 8,
    num_key_value_heads: 4,
  },
} as const satisfies Record<string, BaseDimensions>;

/** Name of a size. */
export type BaseSize = keyof typeof baseSizes;

/** Whether a text names a size. */
export function isBaseSize(text: string): text is BaseSize {
  return Object.hasOwn(baseSizes, text);
}
