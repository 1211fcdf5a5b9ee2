import type { AnalyzedLayer } from '../contracts/analyzer.ts';

/**
 * The share of ||dW||^2 along each of W's singular vectors, from dW's own decomposition P S Q^T: ||dW v_j||^2 = sum_i s_i^2 (q_i . v_j)^2,
 * and with P and u_j for the left side. Their sum is below 1 where W's vectors do not span the space. Only for an update that is not 0.
 */
export async function energyShares(layer: AnalyzedLayer, side: 'left' | 'right'): Promise<Float64Array> {
  const update = await layer.updateDecomposition();
  const count = update.values.length;
  const largest = update.values[0] ?? 1;
  const weights = update.values.map((value) => (value / largest) ** 2);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const along = await layer.updateAlong(side);
  const shares = new Float64Array(along.rows);
  along.data.forEach((component, at) => {
    const row = Math.floor(at / count);
    shares[row] = (shares[row] ?? 0) + ((weights[at % count] ?? 0) / total) * component * component;
  });
  return shares;
}
