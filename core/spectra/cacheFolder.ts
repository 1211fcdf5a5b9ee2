import { homedir } from 'node:os';
import path from 'node:path';

/** Where decompositions are kept between commands: RLVR_CACHE, else rlvr-lab in XDG_CACHE_HOME, else in the home folder's .cache. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const chosen = env['RLVR_CACHE'];
  if (chosen !== undefined && chosen !== '') return path.join(chosen, 'spectra');
  const xdg = env['XDG_CACHE_HOME'];
  const parent = xdg === undefined || xdg === '' ? path.join(homedir(), '.cache') : xdg;
  return path.join(parent, 'rlvr-lab', 'spectra');
}
