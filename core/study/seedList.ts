/** Where tuning seeds begin when only their number is given; far from those of reported trials. */
const firstTuningSeed = 100_001;

/** Seeds of reported trials: 1, 2, ... where only their number is given. */
export function reportSeeds(seeds: number | readonly number[]): readonly number[] {
  return typeof seeds === 'number' ? Array.from({ length: seeds }, (_, i) => i + 1) : seeds;
}

/** Seeds of tuning trials. */
export function tuningSeeds(seeds: number | readonly number[]): readonly number[] {
  return typeof seeds === 'number' ? Array.from({ length: seeds }, (_, i) => firstTuningSeed + i) : seeds;
}
