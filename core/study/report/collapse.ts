import { formatValue } from '../../report/formatValue.ts';
import type { LeaderboardRow } from './leaderboardRow.ts';

/** How many times its share by chance an update has along the top k where it counts as concentrated there, as in `rlvr spectra`. */
const CONCENTRATION = 3;
/** A seed counts as collapsed where its accuracy is below this share of the baseline's mean. */
const COLLAPSED = 0.5;

/** What became of a method: where its update lies, and how many seeds fell far below the baseline. */
export interface CollapseFinding {
  readonly method: string;
  readonly collapsedSeeds: number;
  readonly seeds: number;
  /** Share of ||dW||^2 along the top k over what it would be by chance, mean of both sides. */
  readonly concentration?: number;
  /** Share in the principal half over chance, mean of both sides. */
  readonly principalHalf?: number;
  readonly intruders?: number;
  readonly words: string;
}

/** Judges every method of a setting against its baseline; none where the baseline has no result. */
export function collapseFindings(rows: readonly LeaderboardRow[], baseline: string): readonly CollapseFinding[] {
  const level = rows.find(({ method }) => method === baseline)?.accuracy?.mean;
  if (level === undefined) return [];
  return rows.flatMap((row): CollapseFinding[] => {
    const perSeed = row.accuracy?.perSeed ?? [];
    if (perSeed.length === 0) return [];
    const collapsedSeeds = perSeed.filter((accuracy) => accuracy < COLLAPSED * level).length;
    const concentration = overChance(row, 'top');
    const principalHalf = overChance(row, 'principal_half');
    const intruders = row.spectra['intruders/left']?.mean;
    return [
      {
        method: row.method,
        collapsedSeeds,
        seeds: perSeed.length,
        ...(concentration === undefined ? {} : { concentration }),
        ...(principalHalf === undefined ? {} : { principalHalf }),
        ...(intruders === undefined ? {} : { intruders }),
        words: wordsOf(collapsedSeeds, perSeed.length, concentration, baseline),
      },
    ];
  });
}

function wordsOf(collapsed: number, seeds: number, concentration: number | undefined, baseline: string): string {
  const fell =
    collapsed === 0
      ? `no seed below ${formatValue(COLLAPSED, 'fraction').replace('.0', '')} of ${baseline}’s mean`
      : `${collapsed} of ${seeds} seeds below ${formatValue(COLLAPSED, 'fraction').replace('.0', '')} of ${baseline}’s mean`;
  if (concentration === undefined) return fell;
  return concentration >= CONCENTRATION
    ? `${fell}; the update lies on W’s principal directions`
    : `${fell}; the update is not concentrated on W’s principal directions`;
}

function overChance({ spectra }: LeaderboardRow, name: string): number | undefined {
  const sides = ['left', 'right'].flatMap((side) => {
    const [share, chance] = [spectra[`energy/${name}_${side}`]?.mean, spectra[`energy/${name}_chance_${side}`]?.mean];
    return share === undefined || chance === undefined || chance === 0 ? [] : [share / chance];
  });
  return sides.length === 0 ? undefined : sides.reduce((sum, value) => sum + value, 0) / sides.length;
}
