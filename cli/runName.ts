import path from 'node:path';

/** A run's name from a file's or folder's: what names may not hold becomes a dash. */
export function runName(target: string): string {
  const stem = path.basename(target).replace(/(\.rlvr)?\.ya?ml$/i, '');
  const name = stem.replace(/[^a-z0-9._-]+/gi, '-').replace(/^[._-]+/, '');
  return name.slice(0, 64) || 'experiment';
}
