import type { AnalyzedLayer, Decomposition, Overlap } from '../contracts/analyzer.ts';
import type { ShorterSide } from '../linalg/background.ts';
import { add, columnsOf, identity, matrix, type Matrix } from '../linalg/matrix.ts';
import type { SingularVectors } from '../linalg/svd.ts';
import { innerProducts, product } from './algebra.ts';
import { NULL_SHARE } from './baseDecomposition.ts';
import { mergedTop, updateInBasis, type MergedTop } from './lowRankMerged.ts';
import { once } from './once.ts';

/** The parts of a layer that the others are made of. */
export interface LayerParts {
  base(): Promise<Matrix>;
  update(): Promise<Matrix>;
  /** W's shorter side. */
  kept(): Promise<ShorterSide>;
  baseDecomposition(): Promise<Decomposition>;
  /** Of dW. */
  triplets(): Promise<SingularVectors>;
}

/** What of a layer depends on how W + dW is decomposed. */
export type MergedPart = Pick<AnalyzedLayer, 'mergedDecomposition' | 'mergedOverlap' | 'updateAlong'>;

/** W + dW of a dW of low rank, followed in W's own coordinates: neither is formed. */
export function lowRankLayer(parts: LayerParts, top: number): MergedPart {
  const inBasis = once(async () => updateInBasis(await parts.base(), await parts.kept(), await parts.triplets()));
  const leading = once(async () => {
    const [base, kept, update] = [await parts.base(), await parts.kept(), await inBasis()];
    return update.sigma.length === 0 ? untouched(base, kept, top) : mergedTop(base, kept, update, top);
  });
  const mergedDecomposition = once(async () => {
    if ((await parts.triplets()).s.length === 0) return parts.baseDecomposition();
    return explicit(parts, await leading(), top);
  });
  const isNear = async (side: 'left' | 'right'): Promise<boolean> => (await parts.kept()).side === side;
  return {
    mergedDecomposition,
    updateAlong: async (side) => ((await isNear(side)) ? (await inBasis()).near : (await inBasis()).far),
    mergedOverlap: async (side): Promise<Overlap> => {
      const { near, far } = await leading();
      return (await isNear(side)) ? { along: near, outside: matrix(0, top) } : far;
    },
  };
}

/** W itself, where dW is 0. */
function untouched({ rows, columns }: Matrix, { s: values }: ShorterSide, top: number): MergedTop {
  const near = columnsOf(identity(Math.min(rows, columns)), 0, top);
  return { values: values.slice(0, top), near, far: { along: near, outside: matrix(0, top) } };
}

/** The same with vectors that are formed when they are asked for. */
async function explicit(parts: LayerParts, { values, near }: MergedTop, top: number): Promise<Decomposition> {
  const { side, vectors } = await parts.kept();
  const inverses = values.map((value) => (value > NULL_SHARE * (values[0] ?? 0) ? 1 / value : 0));
  const nearVectors = once(() => product(vectors, near));
  const farVectors = once(async () => {
    const [base, { u, s, v }, own] = [await parts.base(), await parts.triplets(), await nearVectors()];
    const [outer, inner] = side === 'right' ? [u, v] : [v, u];
    const through = await innerProducts(inner, own);
    const weighted = { ...through, data: through.data.map((value, at) => value * (s[Math.floor(at / top)] ?? 0)) };
    const mapped = side === 'right' ? await product(base, own) : await innerProducts(base, own);
    const sum = add(mapped, await product(outer, weighted));
    return { ...sum, data: sum.data.map((value, at) => value * (inverses[at % top] ?? 0)) };
  });
  const [left, right] = side === 'right' ? [farVectors, nearVectors] : [nearVectors, farVectors];
  return {
    values,
    isComplete: top === vectors.columns,
    left: async (count) => columnsOf(await left(), 0, count),
    right: async (count) => columnsOf(await right(), 0, count),
    alongLeft: async (columns) => innerProducts(await left(), columns),
    alongRight: async (columns) => innerProducts(await right(), columns),
  };
}
