import type { AnalyzedLayer, Decomposition, Overlap } from '../contracts/analyzer.ts';
import type { BackgroundOptions, ShorterSide } from '../linalg/background.ts';
import { shorterSideInBackground, svdInBackground, topSvdInBackground } from '../linalg/background.ts';
import { add, matrix, scale, type Matrix } from '../linalg/matrix.ts';
import { svdOfProduct } from '../linalg/productSvd.ts';
import { matrixShape } from '../lowrank/matrixShape.ts';
import { product } from './algebra.ts';
import { bothSides } from './baseDecomposition.ts';
import type { LayerWeights } from './layerWeights.ts';
import { lowRankLayer, type LayerParts, type MergedPart } from './lowRankLayer.ts';
import { once } from './once.ts';
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
  const base = once(() => Promise.resolve({ rows: out, columns: inputs, data: new Float64Array(weights.base) }));
  const update = once(async () => {
    if (change.kind === 'whole') return difference(await base(), change.merged);
    const { left, right, factor } = factorsOf(change);
    return product(scale(left, factor), right);
  });
  const kept = once(async () => decomposeBase(await base(), weights.baseHash));
  const baseDecomposition = once(async () => bothSides(await base(), await kept()));
  const triplets = once(async () => {
    if (change.kind === 'whole') return withoutZeros(await svdInBackground(await update(), depth));
    const { left, right, factor } = factorsOf(change);
    return withoutZeros(svdOfProduct(left, right, factor));
  });
  const updateDecomposition = once(async () => vectorDecomposition(await triplets(), true));
  const parts = { base, update, kept, baseDecomposition, triplets };
  const isLowRank = change.kind === 'low-rank' && !depth.full;
  return {
    layer,
    top,
    parameters,
    rankLimit: change.kind === 'low-rank' ? change.a.shape[0] : undefined,
    base,
    update,
    baseDecomposition,
    updateDecomposition,
    ...(isLowRank ? lowRankLayer(parts, top) : denseLayer(parts, top, depth)),
  };
}

/** W + dW formed and decomposed as any matrix. */
function denseLayer(
  { base, update, baseDecomposition, triplets }: LayerParts,
  top: number,
  depth: AnalysisDepth,
): MergedPart {
  const mergedDecomposition = once(async (): Promise<Decomposition> => {
    if ((await triplets()).s.length === 0) return baseDecomposition();
    const merged = add(await base(), await update());
    if (depth.full) return bothSides(merged, await shorterSideInBackground(merged, depth));
    const { values, ...leading } = await topSvdInBackground(merged, { ...depth, rank: top });
    return { ...vectorDecomposition(leadingTriplets(leading, top), true), values };
  });
  const overlap = async (side: 'left' | 'right'): Promise<Overlap> => {
    const [before, merged] = [await baseDecomposition(), await mergedDecomposition()];
    const vectors = await merged[side](top);
    const along = await (side === 'left' ? before.alongLeft(vectors) : before.alongRight(vectors));
    if (along.rows === vectors.rows) return { along, outside: matrix(0, top) };
    const inside = await product(await before[side](along.rows), along);
    return { along, outside: add(vectors, scale(inside, -1)) };
  };
  const overlaps = { left: once(() => overlap('left')), right: once(() => overlap('right')) };
  const alongs = {
    left: once(async () => (await baseDecomposition()).alongLeft((await triplets()).u)),
    right: once(async () => (await baseDecomposition()).alongRight((await triplets()).v)),
  };
  return { mergedDecomposition, mergedOverlap: (side) => overlaps[side](), updateAlong: (side) => alongs[side]() };
}

/** The factors of a low-rank change, B on the left. */
function factorsOf({ a, b, scaling }: Extract<LayerWeights['change'], { kind: 'low-rank' }>): {
  readonly left: Matrix;
  readonly right: Matrix;
  readonly factor: number;
} {
  const asMatrix = ({ shape: [rows = 0, columns = 0], values }: typeof a): Matrix => matrix(rows, columns, values);
  return { left: asMatrix(b), right: asMatrix(a), factor: scaling };
}

function difference(base: Matrix, merged: Float32Array): Matrix {
  return { ...base, data: base.data.map((value, at) => (merged[at] ?? 0) - value) };
}
