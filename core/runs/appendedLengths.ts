import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { runFiles } from './runFiles.ts';

/** The beginning of the name of a TensorBoard file. */
export const eventsPrefix = 'events.out.tfevents.';

/** Whether a run's file of this name only grows while the run trains. */
export function isAppendedFile(name: string): boolean {
  return name === runFiles.metrics || (name.startsWith(eventsPrefix) && path.basename(name) === name);
}

/** The length in bytes of each of a run's appended files, by name. */
export function appendedLengths(runFolder: string): Readonly<Record<string, number>> {
  const names = readdirSync(runFolder).filter(isAppendedFile).sort();
  return Object.fromEntries(names.map((name) => [name, statSync(path.join(runFolder, name)).size]));
}
