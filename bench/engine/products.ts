import type { DecoderConfig } from '../../core/model/modelConfig.ts';

/** One product of matrices: [batch, rows, inner] by [batch, inner, columns], operands transposed in memory where said. */
export interface Product {
  readonly batch: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** How often a step does it. */
  readonly count: number;
}

/** The rows that a step trains on: all completions of one length, all prompts of one length. */
export interface StepShape {
  readonly prompts: number;
  readonly promptTokens: number;
  readonly completions: number;
  readonly completionTokens: number;
  readonly rank: number;
}

/** Floating-point operations of products. */
export function operations(products: readonly Product[]): number {
  return products.reduce(
    (sum, { batch, rows, inner, columns, count }) => sum + 2 * batch * rows * inner * columns * count,
    0,
  );
}

const plain = { batch: 1, transposeA: false, transposeB: false, count: 1 };

/** y = x W^T */
function forward(tokens: number, out: number, inputs: number): Product {
  return { ...plain, rows: tokens, inner: inputs, columns: out, transposeB: true };
}

/** dx = dy W */
function inputGradient(tokens: number, out: number, inputs: number): Product {
  return { ...plain, rows: tokens, inner: out, columns: inputs };
}

/** Shapes [out, in] of a block's linear layers, those that read the block's input first. */
function linearShapes(config: DecoderConfig): {
  readonly first: [number, number][];
  readonly others: [number, number][];
} {
  const { hiddenSize, intermediateSize, heads, keyValueHeads, headDim } = config;
  const [queries, keys] = [heads * headDim, keyValueHeads * headDim];
  return {
    first: [
      [queries, hiddenSize],
      [keys, hiddenSize],
      [keys, hiddenSize],
    ],
    others: [
      [hiddenSize, queries],
      [intermediateSize, hiddenSize],
      [intermediateSize, hiddenSize],
      [hiddenSize, intermediateSize],
    ],
  };
}

/** W + s B A formed once, then one product for the output; the gradients of A and B through the rank. */
function adaptedLayer(
  [out, inputs]: readonly [number, number],
  tokens: number,
  rank: number,
  reachesInput: boolean,
): Product[] {
  return [
    { ...plain, rows: out, inner: rank, columns: inputs },
    forward(tokens, out, inputs),
    ...(reachesInput ? [inputGradient(tokens, out, inputs)] : []),
    forward(tokens, rank, inputs),
    inputGradient(tokens, out, rank),
    { ...plain, rows: rank, inner: tokens, columns: inputs, transposeA: true },
    { ...plain, rows: out, inner: tokens, columns: rank, transposeA: true },
  ];
}

/** Scores, weighted values and the four products of their gradients. */
function attention(
  { heads, keyValueHeads, headDim }: DecoderConfig,
  sequences: number,
  queries: number,
  keys: number,
): Product[] {
  const batch = sequences * keyValueHeads;
  const rows = (queries * heads) / keyValueHeads;
  const product = (own: Partial<Product> & Pick<Product, 'rows' | 'inner' | 'columns'>): Product => ({
    ...plain,
    batch,
    ...own,
  });
  return [
    product({ rows, inner: headDim, columns: keys, transposeB: true, count: 2 }),
    product({ rows, inner: keys, columns: headDim, count: 2 }),
    product({ rows: keys, inner: rows, columns: headDim, transposeA: true, count: 2 }),
  ];
}

/** The products that a training step with a low-rank adapter on every linear layer cannot do without; no padding. */
export function stepProducts(config: DecoderConfig, shape: StepShape): Product[] {
  const { prompts, promptTokens, completions, completionTokens, rank } = shape;
  const predicted = completions * completionTokens;
  const tokens = prompts * promptTokens + predicted;
  const blocks = Array.from({ length: config.layers }, (_, block) => {
    const { first, others } = linearShapes(config);
    // Nothing that is trained lies below the first block's input.
    return [
      ...first.flatMap((layer) => adaptedLayer(layer, tokens, rank, block > 0)),
      ...others.flatMap((layer) => adaptedLayer(layer, tokens, rank, true)),
      ...attention(config, prompts, promptTokens, promptTokens),
      ...attention(config, completions, completionTokens, promptTokens + completionTokens),
    ];
  });
  const { vocabularySize, hiddenSize } = config;
  return [
    ...blocks.flat(),
    forward(predicted, vocabularySize, hiddenSize),
    inputGradient(predicted, vocabularySize, hiddenSize),
  ];
}

/** The products of sampling `completionTokens` tokens for each row, one token at a time; reading the prompts included. */
export function decodeProducts(config: DecoderConfig, shape: StepShape): Product[] {
  const { prompts, promptTokens, completions, completionTokens } = shape;
  const { heads, keyValueHeads, headDim, vocabularySize, hiddenSize, layers } = config;
  const { first, others } = linearShapes(config);
  const linears = [...first, ...others];
  const batch = completions * keyValueHeads;
  const rows = heads / keyValueHeads;
  const ofToken = Array.from({ length: completionTokens }, (_, token): Product[] => {
    const keys = promptTokens + token + 1;
    return [
      ...linears.map(([out, inputs]) => ({ ...forward(completions, out, inputs), count: layers })),
      { ...plain, batch, rows, inner: headDim, columns: keys, transposeB: true, count: layers },
      { ...plain, batch, rows, inner: keys, columns: headDim, count: layers },
      forward(completions, vocabularySize, hiddenSize),
    ];
  });
  const ofPrompts = linears.map(([out, inputs]) => ({
    ...forward(prompts * promptTokens, out, inputs),
    count: layers,
  }));
  return [...ofPrompts, ...ofToken.flat()];
}
