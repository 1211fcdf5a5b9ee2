import { distance } from 'fastest-levenshtein';

/** The name among `names` that `written` was most likely meant to be; undefined where none is near. */
function nearestName(written: string, names: readonly string[]): string | undefined {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_.\s]/g, '');
  const wanted = plain(written);
  const allowed = wanted.length < 4 ? 1 : Math.max(2, Math.floor(wanted.length / 3));
  let best: { name: string; edits: number } | undefined;
  for (const name of names) {
    const edits = distance(wanted, plain(name));
    if (edits <= allowed && (best === undefined || edits < best.edits)) best = { name, edits };
  }
  const completed = wanted.length < 3 ? [] : names.filter((name) => plain(name).startsWith(wanted));
  return best?.name ?? (completed.length === 1 ? completed[0] : undefined);
}

/** ` Did you mean "x"?`, or nothing where no name is near; to be put after a sentence. */
export function didYouMean(written: string, names: readonly string[]): string {
  const name = nearestName(written, names);
  return name === undefined ? '' : ` Did you mean "${name}"?`;
}
