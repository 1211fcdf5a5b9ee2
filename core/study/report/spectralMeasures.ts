import { formatNumber, formatValue, type Unit } from '../../report/formatValue.ts';
import type { LeaderboardRow } from './leaderboardRow.ts';

/** A figure of the spectra as reports show it. */
export interface SpectralMeasure {
  /** As trials name it: `ANALYZER/MEASURE`. */
  readonly name: string;
  readonly title: string;
  readonly unit: Unit;
  readonly explanation: string;
  say(value: number): string;
}

const shown: readonly (readonly [name: string, title: string, unit: Unit, explanation: string])[] = [
  [
    'effective_rank/effective',
    'Effective rank of the update',
    'plain',
    'Directions that dW uses, by the entropy of its singular values; mean over layers.',
  ],
  [
    'effective_rank/stable',
    'Stable rank of the update',
    'plain',
    '||dW||² over its largest singular value squared; mean over layers.',
  ],
  [
    'energy/principal_half_right',
    'In the principal half, right',
    'fraction',
    'Share of ||dW||² along the stronger half of W’s right singular vectors.',
  ],
  [
    'energy/principal_half_left',
    'In the principal half, left',
    'fraction',
    'Share of ||dW||² along the stronger half of W’s left singular vectors.',
  ],
  [
    'energy/top_right',
    'Along the top k, right',
    'fraction',
    'Share of ||dW||² along W’s k strongest right singular vectors.',
  ],
  [
    'energy/top_left',
    'Along the top k, left',
    'fraction',
    'Share of ||dW||² along W’s k strongest left singular vectors.',
  ],
  [
    'rotation/largest_left',
    'Rotation of the top k, left',
    'plain',
    'Largest principal angle between the top-k subspaces of W and W + dW, in rad; mean over layers.',
  ],
  [
    'intruders/left',
    'Intruder dimensions, left',
    'plain',
    'Leading directions of W + dW with a cosine below 0.5 to all of W’s.',
  ],
  [
    'spectrum/shift_top',
    'Spectral shift, top k',
    'fraction',
    '||s(W + dW) − s(W)|| / ||s(W)|| over the top k singular values.',
  ],

  ['update_size/relative', 'Size of the update', 'fraction', '||dW|| / ||W||, mean over layers.'],
];

/** The figures of the spectra that reports draw, of those that any of these methods has. */
export function spectralMeasures(rows: readonly LeaderboardRow[]): readonly SpectralMeasure[] {
  return shown
    .filter(([name]) => rows.some(({ spectra }) => spectra[name] !== undefined))
    .map(([name, title, unit, explanation]) => ({
      name,
      title,
      unit,
      explanation,
      say: (value) => (unit === 'fraction' ? formatValue(value, 'fraction') : formatNumber(value)),
    }));
}
