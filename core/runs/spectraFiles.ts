import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

const fileName = /^step-(\d{1,9})\.json$/;

/** The name of the spectra of a run after so many steps. */
export function spectraFileName(step: number): string {
  return `step-${step}.json`;
}

/** The steps of which a folder holds spectra, in order. */
export function spectraSteps(folder: string): readonly number[] {
  if (!existsSync(folder)) return [];
  const steps = readdirSync(folder).flatMap((name) => {
    const step = fileName.exec(name)?.[1];
    return step === undefined ? [] : [Number(step)];
  });
  return steps.sort((a, b) => a - b);
}

/** Removes the spectra of later steps than `step`. */
export function forgetSpectraAfter(folder: string, step: number): void {
  for (const later of spectraSteps(folder).filter((each) => each > step)) {
    rmSync(path.join(folder, spectraFileName(later)), { force: true });
  }
}
