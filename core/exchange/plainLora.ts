import type { StoredTensor } from '../contracts/adapter.ts';
import type { TargetLayer } from '../contracts/parameter.ts';
import { RlvrError } from '../errors.ts';
import { topSvdInBackground } from '../linalg/background.ts';
import { matrix, type Matrix } from '../linalg/matrix.ts';
import { svdOfProduct } from '../linalg/productSvd.ts';
import type { SingularVectors } from '../linalg/svd.ts';
import type { LayerWeights, WeightSource } from '../spectra/layerWeights.ts';

/** A layer's update as plain LoRA on the original base: dW = scaling * B A. */
export interface LoraLayer {
  readonly layer: TargetLayer;
  /** [rank, in]. */
  readonly a: StoredTensor;
  /** [out, rank]. */
  readonly b: StoredTensor;
  readonly scaling: number;
  /** Frobenius norm of what training did to the weight. */
  readonly norm: number;
  /** Frobenius norm of what this form lacks of it; 0 where the form is exact. */
  readonly missing: number;
}

/** Something that training changed and that plain LoRA cannot hold: a norm, an embedding, a bias. */
export interface LeftOut {
  readonly name: string;
  /** Frobenius norm of the change. */
  readonly norm: number;
}

/** A whole adapter as plain LoRA. */
export interface PlainLora {
  readonly layers: readonly LoraLayer[];
  readonly leftOut: readonly LeftOut[];
  /** Frobenius norm of what is lacking, relative to that of all changes; 0 for an exact form. */
  readonly relativeError: number;
}

/** How a plain LoRA form is made. */
export interface PlainLoraOptions {
  /** Rank at which each layer's update is approximated by its SVD; where it is left out, only exact forms are taken. */
  readonly rank?: number | undefined;
  /** Names the adapter in messages. */
  readonly method: string;
  readonly onDidProgress?: (done: number, total: number) => void;
}

/**
 * An adapter as plain LoRA on the original base. The layers are read one by one.
 *
 * @throws RlvrError `adapter/invalid` where a layer has no exact form and no rank is given, or where nothing is left that LoRA can hold
 */
export async function plainLora(source: WeightSource, options: PlainLoraOptions): Promise<PlainLora> {
  if (!source.layers.some(({ kind }) => kind === 'linear')) {
    const message =
      `The method "${options.method}" adapts no linear layer here, so nothing of it can be LoRA. ` +
      '`--format hf` writes the merged model.';
    throw new RlvrError('adapter/invalid', message, { method: options.method });
  }
  const layers: LoraLayer[] = [];
  const leftOut: LeftOut[] = [];
  for (const [index, layer] of source.layers.entries()) {
    const weights = await source.read(layer);
    const isLinear = layer.kind === 'linear';
    const others = [
      { name: `${layer.name}.weight`, norm: isLinear ? 0 : wholeNorm(weights) },
      { name: `${layer.name}.bias`, norm: biasNorm(weights) },
    ].filter(({ norm }) => norm > 0);
    const isExact = others.length === 0 && (!isLinear || weights.change.kind === 'low-rank');
    if (options.rank === undefined && !isExact) throw noExactForm(others[0]?.name ?? layer.name, options.method);
    if (isLinear) layers.push(await loraLayer(weights, options.rank));
    leftOut.push(...others);
    options.onDidProgress?.(index + 1, source.layers.length);
  }
  const squares = (norms: readonly number[]): number => norms.reduce((sum, norm) => sum + norm * norm, 0);
  const out = squares(leftOut.map(({ norm }) => norm));
  const changed = squares(layers.map(({ norm }) => norm)) + out;
  const missing = squares(layers.map((layer) => layer.missing)) + out;
  return { layers, leftOut, relativeError: changed === 0 ? 0 : Math.sqrt(missing / changed) };
}

function noExactForm(place: string, method: string): RlvrError {
  const message =
    `What the method "${method}" does to ${place} is not exactly LoRA. \`--format hf\` writes the merged model; \`--rank K\` ` +
    'approximates what it does to linear layers by LoRA of rank K and tells the error.';
  return new RlvrError('adapter/invalid', message, { place, method });
}

async function loraLayer(weights: LayerWeights, rank: number | undefined): Promise<LoraLayer> {
  const { layer, change } = weights;
  const [out = 0, inputs = 0] = layer.shape;
  if (change.kind === 'low-rank') {
    const { a, b, scaling } = change;
    const own = a.shape[0] ?? 0;
    if (rank === undefined) return { layer, a, b, scaling, norm: 0, missing: 0 };
    const parts = svdOfProduct(matrix(out, own, b.values), matrix(own, inputs, a.values), scaling);
    if (rank >= own) return { layer, a, b, scaling, norm: rootOfSquares(parts.s), missing: 0 };
    return truncated(layer, parts, rank, rootOfSquares(parts.s));
  }
  const update = change.merged.map((value, i) => value - (weights.base[i] ?? 0));
  const wanted = Math.min(rank ?? 1, out, inputs);
  const parts = await topSvdInBackground({ rows: out, columns: inputs, data: update }, { rank: wanted });
  return truncated(layer, parts, wanted, rootOfSquares(update));
}

/** The first triplets as B = U sqrt S, A = sqrt S V^T. */
function truncated(layer: TargetLayer, { u, s, v }: SingularVectors, rank: number, norm: number): LoraLayer {
  const roots = s.slice(0, rank).map(Math.sqrt);
  const kept = rootOfSquares(s.slice(0, rank));
  const [out = 0, inputs = 0] = layer.shape;
  const entry = ({ data, columns }: Matrix, row: number, k: number): number =>
    (data[row * columns + k] ?? 0) * (roots[k] ?? 0);
  const a = Float32Array.from({ length: rank * inputs }, (_, at) => entry(v, at % inputs, Math.floor(at / inputs)));
  const b = Float32Array.from({ length: out * rank }, (_, at) => entry(u, Math.floor(at / rank), at % rank));
  return {
    layer,
    a: { shape: [rank, inputs], values: a },
    b: { shape: [out, rank], values: b },
    scaling: 1,
    norm,
    missing: Math.sqrt(Math.max(0, norm * norm - kept * kept)),
  };
}

function wholeNorm({ base, change }: LayerWeights): number {
  return change.kind === 'whole' ? distance(change.merged, base) : 0;
}

function biasNorm({ baseBias, change }: LayerWeights): number {
  return change.kind === 'whole' && change.mergedBias !== undefined && baseBias !== undefined
    ? distance(change.mergedBias, baseBias)
    : 0;
}

function distance(after: Float32Array, before: Float32Array): number {
  return rootOfSquares(after.map((value, i) => value - (before[i] ?? 0)));
}

function rootOfSquares(values: Float32Array | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
