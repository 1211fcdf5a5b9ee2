/** The factor of B A: alpha / r (LoRA, arXiv 2106.09685, section 4.1), or alpha / sqrt r (rsLoRA, arXiv 2312.03732, theorem 3.2). */
export function lowRankScaling(alpha: number, rank: number, useRankStabilised: boolean): number {
  return alpha / (useRankStabilised ? Math.sqrt(rank) : rank);
}
