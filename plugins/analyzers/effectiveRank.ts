import { z } from 'zod';
import type { Analyzer } from '../../core/contracts/analyzer.ts';
import { summarizeSpectrum } from '../../core/linalg/spectrum.ts';

const config = z.strictObject({
  energy: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.99)
    .describe('A rank counts as used while the directions before it hold less than this share of ||dW||^2'),
});

/** How many directions the update uses. */
export const effectiveRank: Analyzer<z.output<typeof config>> = {
  id: 'effective_rank',
  summary: 'How many directions dW uses: entropy rank, stable rank, directions that hold 99 % of it',
  source: 'O. Roy, M. Vetterli: The effective rank, EUSIPCO 2007',
  config,
  measures: {
    effective: {
      title: 'effective rank',
      unit: 'directions',
      explanation: 'exp of the entropy of dW’s singular values over their sum (Roy and Vetterli 2007).',
    },
    stable: {
      title: 'stable rank',
      unit: 'directions',
      explanation: '||dW||_F^2 / s1(dW)^2: how many directions are as large as the largest.',
    },
    used: {
      title: 'rank used',
      unit: 'directions',
      explanation: 'Directions that together hold 99 % of ||dW||_F^2 (`energy` sets another share).',
    },
    used_share: {
      title: 'of its rank',
      unit: 'share',
      explanation: 'Rank used over the rank that the method allows; left out for methods that allow any.',
    },
  },
  async analyze({ energy }, layer) {
    const { values } = await layer.updateDecomposition();
    const { effectiveRank: effective, stableRank: stable, frobeniusNorm } = summarizeSpectrum(values);
    const wanted = energy * frobeniusNorm ** 2;
    let [used, held] = [0, 0];
    while (used < values.length && held < wanted) {
      held += (values[used] ?? 0) ** 2;
      used += 1;
    }
    const limit = layer.rankLimit;
    return { numbers: { effective, stable, used, ...(limit === undefined ? {} : { used_share: used / limit }) } };
  },
};
