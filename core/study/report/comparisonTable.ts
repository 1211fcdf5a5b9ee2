import { formatNumber } from '../../report/formatValue.ts';
import type { Comparison } from './compareMethods.ts';
import { comparisonSentence } from './comparisonSentence.ts';
import { estimateData } from './leaderboardTable.ts';
import { points, pointsBetween, pValue } from './points.ts';
import { fillTable, type ReportTable } from './reportTable.ts';

/** Comparisons with a baseline, each with its sentence. Differences in CSV are of shares of 1. */
export function comparisonTable(title: string, comparisons: readonly Comparison[]): ReportTable {
  return fillTable(title, comparisons, [
    {
      title: 'Method',
      align: 'left',
      text: ({ method }) => method,
      data: ({ method, baseline }) => ({ method, baseline }),
    },
    {
      title: 'Difference, points',
      align: 'right',
      text: ({ difference }) => (difference === undefined ? '–' : points(difference.mean)),
      data: ({ difference, seeds }) => ({ pairs: seeds.length, ...estimateData('difference', difference) }),
    },
    {
      title: '95 % interval',
      align: 'right',
      text: ({ difference }) => (difference?.interval === undefined ? '' : pointsBetween(difference.interval)),
      data: ({ difference }) => ({
        over_seeds_low: difference?.overSeeds?.low,
        over_seeds_high: difference?.overSeeds?.high,
        bca_low: difference?.bca?.low,
        bca_high: difference?.bca?.high,
      }),
    },
    {
      title: 'p',
      align: 'right',
      text: ({ p, difference }) => (p === undefined ? (difference === undefined ? '' : 'not tested') : pValue(p)),
      data: ({ p, smallestP }) => ({ p, smallest_possible_p: smallestP }),
    },
    {
      title: 'p after Holm',
      align: 'right',
      text: ({ adjustedP }) => (adjustedP === undefined ? '' : pValue(adjustedP)),
      data: ({ adjustedP, family, planned }) => ({ p_holm: adjustedP, family, comparisons_planned: planned }),
    },
    {
      title: 'Hedges’ g',
      align: 'right',
      text: ({ effect }) => (effect === undefined ? '' : formatNumber(effect)),
      data: ({ effect, problemP }) => ({ hedges_g: effect, p_over_problems: problemP }),
    },
    {
      title: 'In words',
      align: 'left',
      text: comparisonSentence,
      data: (comparison) => ({
        smallest_detectable: comparison.detectable?.alone,
        smallest_detectable_corrected: comparison.detectable?.corrected,
        verdict: comparison.verdict,
        sentence: comparisonSentence(comparison),
      }),
    },
  ]);
}
