import { estimateData } from './leaderboardTable.ts';
import type { LeaderboardRow } from './leaderboardRow.ts';
import type { TableCell } from './reportTable.ts';

/** Every figure of the spectra of every method, one a line. */
export function spectraRows(rows: readonly LeaderboardRow[]): readonly (readonly TableCell[])[] {
  return rows.flatMap(({ method, spectra }) =>
    Object.entries(spectra).map(([measure, estimate]) => [
      { text: '', data: { method, measure, seeds: estimate.seeds, ...estimateData('value', estimate) } },
    ]),
  );
}
