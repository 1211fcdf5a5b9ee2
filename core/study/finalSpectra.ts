import path from 'node:path';
import { runFile } from '../runs/runFiles.ts';
import { spectraFileName, spectraSteps } from '../runs/spectraFiles.ts';
import { meanOf, sumOf } from '../spectra/moduleSummary.ts';
import { readSpectra } from '../spectra/spectraFile.ts';

/** What a study keeps of a trial's spectra: means over layers, by analyzer and measure. */
const means: readonly string[] = [
  'effective_rank/effective',
  'effective_rank/stable',
  'effective_rank/used',
  'energy/principal_half_right',
  'energy/principal_half_left',
  'energy/principal_half_chance_right',
  'energy/principal_half_chance_left',
  'energy/top_right',
  'energy/top_left',
  'energy/top_chance_right',
  'energy/top_chance_left',
  'rotation/largest_left',
  'rotation/largest_right',
  'spectrum/shift_top',
  'update_size/relative',
  'adapter_norms/a',
  'adapter_norms/b',
];
/** Counted over layers. */
const sums: readonly string[] = ['intruders/left', 'intruders/right'];

/** Figures of the latest spectra in a run's folder, in four significant digits; none where it holds none. Throws `run/corrupt`. */
export function finalSpectra(runFolder: string): Record<string, number> {
  const folder = runFile(runFolder, 'spectra');
  const step = spectraSteps(folder).at(-1);
  if (step === undefined) return {};
  const { layers } = readSpectra(path.join(folder, spectraFileName(step)));
  const known = means.flatMap((name) => {
    const value = meanOf(layers, name);
    return value === undefined ? [] : [[name, Number(value.toPrecision(4))] as const];
  });
  const counted = sums.flatMap((name) =>
    layers.some(({ numbers }) => numbers[name] !== undefined) ? [[name, sumOf(layers, name)] as const] : [],
  );
  return Object.fromEntries([...known, ...counted]);
}
