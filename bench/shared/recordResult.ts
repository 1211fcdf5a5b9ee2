import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './machine.ts';
import { writeBlock } from './resultsFile.ts';

/** A result, and where it goes besides a file of its own in `bench/results`. */
export interface RecordedResult {
  /** The repository. */
  readonly root: string;
  /** Of the benchmark: begins the file's name, and names the block of `bench/RESULTS.md`. */
  readonly name: string;
  readonly result: { readonly machine: Machine };
  readonly table: string;
  /** Prints the result instead of the table. */
  readonly json: boolean;
  /** Puts the table into `bench/RESULTS.md`. */
  readonly write: boolean;
}

/** Prints what was measured, and keeps it. */
export function recordResult({ root, name, result, table, json, write }: RecordedResult): void {
  const text = JSON.stringify(result, undefined, 1);
  console.log(json ? text : table);
  const folder = join(root, 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}-${result.machine.date.replaceAll(':', '')}.json`), `${text}\n`);
  if (write) writeBlock(join(root, 'bench', 'RESULTS.md'), name, table);
}
