import { statSync } from 'node:fs';
import path from 'node:path';

/**
 * Where runs are kept: `chosen` (`--runs-folder`) or else RLVR_RUNS, or else `.rlvr/runs` in the nearest folder upward from `cwd` that has
 * an `.rlvr`, or else `.rlvr/runs` in `cwd`. Absolute; it need not exist yet.
 */
export function findRunsFolder(cwd: string, chosen: string | undefined, fromEnvironment: string | undefined): string {
  const named = chosen ?? (fromEnvironment === '' ? undefined : fromEnvironment);
  if (named !== undefined) return path.resolve(cwd, named);
  for (let folder = path.resolve(cwd); ; folder = path.dirname(folder)) {
    if (isFolder(path.join(folder, '.rlvr'))) return path.join(folder, '.rlvr', 'runs');
    if (folder === path.dirname(folder)) return path.resolve(cwd, '.rlvr', 'runs');
  }
}

function isFolder(target: string): boolean {
  try {
    return statSync(target).isDirectory();
  } catch {
    return false;
  }
}
