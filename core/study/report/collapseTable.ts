import { formatNumber } from '../../report/formatValue.ts';
import type { CollapseFinding } from './collapse.ts';
import { fillTable, type ReportTable } from './reportTable.ts';

/** Which methods collapsed, in accuracy and in their spectra. */
export function collapseTable(title: string, findings: readonly CollapseFinding[]): ReportTable {
  const number = (value: number | undefined): string => (value === undefined ? '' : formatNumber(value));
  return fillTable(
    title,
    findings,
    [
      { title: 'Method', align: 'left', text: ({ method }) => method, data: ({ method }) => ({ method }) },
      {
        title: 'Collapsed seeds',
        align: 'right',
        text: ({ collapsedSeeds, seeds }) => `${collapsedSeeds} of ${seeds}`,
        data: ({ collapsedSeeds }) => ({ collapsed_seeds: collapsedSeeds }),
      },
      {
        title: 'Along the top k, times chance',
        align: 'right',
        text: ({ concentration }) => number(concentration),
        data: ({ concentration }) => ({ concentration }),
      },
      {
        title: 'In the principal half, times chance',
        align: 'right',
        text: ({ principalHalf }) => number(principalHalf),
        data: ({ principalHalf }) => ({ principal_half_over_chance: principalHalf }),
      },
      {
        title: 'Intruders',
        align: 'right',
        text: ({ intruders }) => number(intruders),
        data: ({ intruders }) => ({ intruders }),
      },
      { title: 'In words', align: 'left', text: ({ words }) => words, data: () => ({}) },
    ],
    'Means over seeds of the last checkpoint. The thresholds are those of `rlvr spectra`, chosen before results were seen.',
  );
}
