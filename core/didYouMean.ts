import { distance } from 'fastest-levenshtein';

/** The name among `names` that `written` was most likely meant to be; undefined where none is near. */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_.\s]/g, '');
  let best: { name: string; edits: number } | undefined;
  for (const name of names) {
    const edits = distance(plain(written), plain(name));
    if (best === undefined || edits < best.edits) best = { name, edits };
  }
  const allowed = Math.max(1, Math.floor(written.length / 3));
  return best !== undefined && best.edits <= allowed ? best.name : undefined;
}

/** ` Did you mean "x"?`, or nothing where no name is near; to be put after a sentence. */
export function didYouMean(written: string, names: readonly string[]): string {
  const name = nearestName(written, names);
  return name === undefined ? '' : ` Did you mean "${name}"?`;
}
