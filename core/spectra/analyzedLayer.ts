import type { AnalyzedLayer, Decomposition } from '../contracts/analyzer.ts';
import type { BackgroundOptions, LowRankUpdate, ShorterSide } from '../linalg/background.ts';
import { shorterSideInBackground, svdInBackground, topSvdInBackground } from '../linalg/background.ts';
import { add, matrix, scale, type Matrix } from '../linalg/matrix.ts';
import { svdOfProduct } from '../linalg/productSvd.ts';
import { matrixShape } from '../lowrank/matrixShape.ts';
import { product } from './algebra.ts';
import { bothSides } from './baseDecomposition.ts';
import type { LayerWeights } from './layerWeights.ts';
import { leadingTriplets, vectorDecomposition, withoutZeros } from './vectorDecomposition.ts';

/** How a layer is decomposed. */
export interface AnalysisDepth extends Pick<BackgroundOptions, 'signal' | 'threads'> {
  /** Leading directions that are followed. */
  readonly top: number;
  /** Whether the whole spectrum of W + dW is wanted, and not its top alone. */
  readonly full: boolean;
}

/** Decomposes a base weight, or finds its decomposition where it was kept by the hash of the weight. */
export type DecomposeBase = (weight: Matrix, hash: string | undefined) => Promise<ShorterSide>;

/** A layer for analyzers: everything is computed when it is asked for first, and then kept as long as the layer is. */
export function analyzedLayer(
  weights: LayerWeights,
  depth: AnalysisDepth,
  decomposeBase: DecomposeBase,
): AnalyzedLayer {
  const { layer, change, parameters } = weights;
  const [out, inputs] = matrixShape(layer);
  const top = Math.min(depth.top, out, inputs);
  const lowRank = change.kind === 'low-rank' ? factorsOf(change) : undefined;
  const base = once(() => Promise.resolve(matrix(out, inputs, weights.base)));
  const update = once(async () => {
    if (change.kind === 'whole') return difference(await base(), change.merged);
    const { left, right, factor } = factorsOf(change);
    return product(scale(left, factor), right);
  });
  const keptBase = once(async () => decomposeBase(await base(), weights.baseHash));
  const baseDecomposition = once(async () => bothSides(await base(), await keptBase()));
  const updateDecomposition = once(async () => {
    const triplets =
      lowRank === undefined
        ? await svdInBackground(await update(), depth)
        : svdOfProduct(lowRank.left, lowRank.right, lowRank.factor);
    return vectorDecomposition(withoutZeros(triplets), true);
  });
  const mergedDecomposition = once(async (): Promise<Decomposition> => {
    if ((await updateDecomposition()).values.length === 0) return baseDecomposition();
    if (depth.full) {
      const merged = add(await base(), await update());
      return bothSides(merged, await shorterSideInBackground(merged, depth));
    }
    const start = await (await baseDecomposition()).right(top);
    const triplets =
      lowRank === undefined
        ? await topSvdInBackground(add(await base(), await update()), { ...depth, rank: top, start })
        : await topSvdInBackground(await base(), { ...depth, rank: top, start, update: lowRank });
    return vectorDecomposition(leadingTriplets(triplets, top), top === Math.min(out, inputs));
  });
  return {
    layer,
    top,
    parameters,
    rankLimit: change.kind === 'low-rank' ? change.a.shape[0] : undefined,
    base,
    update,
    baseDecomposition,
    updateDecomposition,
    mergedDecomposition,
  };
}

/** The factors of a low-rank change, B on the left. */
function factorsOf({ a, b, scaling }: Extract<LayerWeights['change'], { kind: 'low-rank' }>): LowRankUpdate & {
  readonly left: Matrix;
  readonly right: Matrix;
} {
  const asMatrix = ({ shape: [rows = 0, columns = 0], values }: typeof a): Matrix => matrix(rows, columns, values);
  return { left: asMatrix(b), right: asMatrix(a), factor: scaling };
}

function difference(base: Matrix, merged: Float32Array): Matrix {
  return { ...base, data: base.data.map((value, at) => (merged[at] ?? 0) - value) };
}

function once<Value>(compute: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined;
  return () => (value ??= compute());
}
